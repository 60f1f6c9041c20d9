import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Markdown } from "../markdown/markdown.tsx";
import { readStored, store } from "../state/settings.ts";
import { openTalk, type Said, type Talk } from "./talk.ts";
import { errorText, texts } from "./texts.ts";

const isSession = (name: string) => /^[\w-]{1,128}$/.test(name);
const newSession = () => `s-${crypto.randomUUID()}`;

/** One person and the assistant: what was said, the answer as it comes, and where it stands. */
export function AssistantView() {
  const t = texts.value;
  const [sid, setSid] = useState(() => readStored("local", "session") ?? newSession());
  useEffect(() => store("local", "session", sid), [sid]);
  return (
    <section class="rooms">
      <div class="rooms-head">
        <label class="field">
          {t.session}
          <input
            defaultValue={sid}
            maxLength={128}
            pattern="[A-Za-z0-9_\-]+"
            spellcheck={false}
            onChange={({ currentTarget: { value } }) => isSession(value) && setSid(value)}
          />
        </label>
        <p>{t.lead}</p>
      </div>
      <TalkPane key={sid} sid={sid} />
    </section>
  );
}

function TalkPane({ sid }: { sid: string }) {
  const talk = useMemo(() => openTalk(sid), [sid]);
  useEffect(() => () => talk.leave(), [talk]);
  const t = texts.value;
  const state = talk.state.value;
  return (
    <section class="seat talk" aria-label={t.talk}>
      <h2>
        {t.talk}
        <span class="seat-state" data-state={state}>
          {t.states[state]}
        </span>
      </h2>
      <Conversation talk={talk} />
      <p class="seat-note" role="status" data-problem={talk.problem.value !== undefined}>
        {note(talk)}
      </p>
      <TalkComposer talk={talk} />
    </section>
  );
}

function note({ problem, answer, stage, firstMs, isMissing }: Talk): string {
  const t = texts.value;
  if (problem.value !== undefined) return errorText(problem.value);
  if (isMissing.value) return t.missing;
  if (answer.value !== undefined && stage.value !== undefined) return t.thinking(stage.value);
  return firstMs.value === undefined ? "" : t.first(firstMs.value);
}

function Conversation({ talk }: { talk: Talk }) {
  const said = talk.said.value;
  const answer = talk.answer.value;
  const end = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [said, answer]);
  return (
    <ol class="said" ref={end} tabIndex={0}>
      {said.length === 0 && answer === undefined ? (
        <li class="said-none">{texts.value.empty}</li>
      ) : null}
      {said.map((one) => (
        <Line key={one.id} one={one} isWhole />
      ))}
      {answer === undefined || answer === "" ? null : (
        <Line one={{ id: "live", role: "assistant", text: answer, isCut: false }} isWhole={false} />
      )}
    </ol>
  );
}

function Line({ one, isWhole }: { one: Said; isWhole: boolean }) {
  const isModel = one.role === "assistant";
  return (
    <li class="line" data-live={!isWhole || undefined} data-who={isModel ? "model" : "own"}>
      <small>
        {isModel ? "이코" : ""}
        {one.isCut ? ` ${texts.value.cut}` : ""}
      </small>
      {isModel ? <Markdown text={one.text} isWhole={isWhole} /> : <p>{one.text}</p>}
    </li>
  );
}

function TalkComposer({ talk }: { talk: Talk }) {
  const t = texts.value;
  const input = useRef<HTMLTextAreaElement>(null);
  const isAnswering = talk.answer.value !== undefined;
  const refused = talk.refused.value;
  useEffect(() => {
    if (input.current?.value === "") input.current.value = refused;
  }, [refused]);
  const maySend = talk.state.value === "open" && !isAnswering;
  const send = () => {
    const text = input.current?.value.trim() ?? "";
    if (!maySend || text === "" || !input.current) return;
    talk.say(text);
    input.current.value = "";
    input.current.focus();
  };
  return (
    <form
      class="seat-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={input}
        rows={1}
        maxLength={4000}
        aria-label={t.say}
        placeholder={t.placeholder}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      {isAnswering ? (
        <button type="button" class="button quiet small" onClick={() => talk.cancel()}>
          {t.stop}
        </button>
      ) : null}
      <button type="submit" class="button small" disabled={!maySend}>
        {t.send}
      </button>
    </form>
  );
}
