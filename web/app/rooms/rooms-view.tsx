import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Markdown } from "../markdown/markdown.tsx";
import { readStored, store } from "../state/settings.ts";
import { type Said, type Seat, takeSeat } from "./seat.ts";
import { errorText, texts } from "./texts.ts";

const roles = ["A", "B"] as const;
const isRoom = (name: string) => /^[\w-]{1,64}$/.test(name);

/** Two seats of one room side by side, and the model between them. */
export function RoomsView() {
  const t = texts.value;
  const [sid, setSid] = useState(() => readStored("local", "room") ?? newRoom());
  useEffect(() => store("local", "room", sid), [sid]);
  return (
    <section class="rooms">
      <div class="rooms-head">
        <label class="field">
          {t.room}
          <input
            defaultValue={sid}
            maxLength={64}
            pattern="[A-Za-z0-9_\-]+"
            spellcheck={false}
            onChange={({ currentTarget: { value } }) => isRoom(value) && setSid(value)}
          />
        </label>
        <p>{t.lead}</p>
      </div>
      <div class="seats">
        {roles.map((role) => (
          <SeatPane key={`${sid}/${role}`} sid={sid} role={role} />
        ))}
      </div>
    </section>
  );
}

const newRoom = () => `room-${crypto.randomUUID().slice(0, 8)}`;

function SeatPane({ sid, role }: { sid: string; role: string }) {
  const seat = useMemo(() => takeSeat(sid, role), [sid, role]);
  useEffect(() => () => seat.leave(), [seat]);
  const t = texts.value;
  const state = seat.state.value;
  return (
    <section class="seat" aria-label={t.person(role)}>
      <h2>
        {t.person(role)}
        <span class="seat-state" data-state={state}>
          {t.states[state]}
        </span>
      </h2>
      <Conversation seat={seat} />
      <p class="seat-note" role="status" data-problem={seat.problem.value !== undefined}>
        {note(seat)}
      </p>
      <SeatComposer seat={seat} />
    </section>
  );
}

function note(seat: Seat): string {
  const t = texts.value;
  if (seat.problem.value !== undefined) return errorText(seat.problem.value);
  if (seat.answer.value !== undefined) return t.thinking;
  return seat.typing.value === undefined ? "" : t.typing(seat.typing.value);
}

function Conversation({ seat }: { seat: Seat }) {
  const said = seat.said.value;
  const answer = seat.answer.value;
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
        <Line key={one.id} one={one} own={seat.role} isWhole />
      ))}
      {answer === undefined ? null : (
        <Line one={{ id: "live", role: "llm", text: answer }} own={seat.role} isWhole={false} />
      )}
    </ol>
  );
}

function Line({ one, own, isWhole }: { one: Said; own: string; isWhole: boolean }) {
  const isModel = one.role === "llm";
  return (
    <li
      class="line"
      data-live={!isWhole || undefined}
      data-who={isModel ? "model" : one.role === own ? "own" : "other"}
    >
      <small>{isModel ? "이코" : one.role}</small>
      {isModel ? <Markdown text={one.text} isWhole={isWhole} /> : <p>{one.text}</p>}
    </li>
  );
}

function SeatComposer({ seat }: { seat: Seat }) {
  const t = texts.value;
  const input = useRef<HTMLTextAreaElement>(null);
  const isOpen = seat.state.value === "open";
  const refused = seat.refused.value;
  useEffect(() => {
    if (input.current?.value === "") input.current.value = refused;
  }, [refused]);
  const take = (use: (text: string) => void) => {
    const text = input.current?.value.trim() ?? "";
    if (!isOpen || text === "" || !input.current) return;
    use(text);
    input.current.value = "";
    input.current.focus();
  };
  return (
    <form
      class="seat-form"
      onSubmit={(event) => {
        event.preventDefault();
        take(seat.say);
      }}
    >
      <textarea
        ref={input}
        rows={1}
        maxLength={4000}
        aria-label={t.say}
        placeholder={t.placeholder(seat.role)}
        onInput={() => seat.type()}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          take(seat.say);
        }}
      />
      <button
        type="button"
        class="button quiet small"
        disabled={!isOpen}
        onClick={() => take(seat.ask)}
      >
        {t.ask}
      </button>
      <button type="submit" class="button small" disabled={!isOpen}>
        {t.send}
      </button>
    </form>
  );
}
