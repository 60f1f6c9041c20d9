import { Markdown } from "../markdown/markdown.tsx";
import type { Run } from "../run/run.ts";
import { isRunOpen } from "../state/settings.ts";
import type { Turn } from "../state/turns.ts";
import { texts } from "../texts.ts";
import { AskCard } from "./ask-card.tsx";
import { Icon } from "./icons.tsx";
import { chosenJob } from "./layout.ts";
import { nodeName } from "./node-name.ts";
import { Thinking } from "./thinking.tsx";

/** An answer while it comes: only this part of the page moves with every frame. */
export function LiveAnswer({ turn }: { turn: Turn }) {
  const t = texts.value;
  const run = turn.run.value;
  const text = turn.text.value;
  return (
    <div aria-busy="true">
      {run.attempts > 1 ? (
        <p class="under again">
          {t.attempt(run.attempts)} · {t.attemptNote}
        </p>
      ) : null}
      {run.question ? <AskCard turn={turn} question={run.question} /> : null}
      {text === "" && !run.question ? (
        <Thinking text={run.position > 0 ? t.waitingTurn(run.position) : t.thinking} />
      ) : null}
      {text === "" ? null : (
        <div class="live-text">
          <Markdown text={text} isWhole={false} />
        </div>
      )}
      {turn.isStopping.value ? <p class="under">{t.stopping}</p> : null}
      <RunStrip run={run} isShort={text !== ""} />
    </div>
  );
}

/** The steps so far; a tap shows the whole run. Once there is a text to read, in one short line. */
function RunStrip({ run, isShort }: { run: Run; isShort: boolean }) {
  if (run.nodes.length === 0) return null;
  const open = () => {
    chosenJob.value = run.jobId;
    isRunOpen.value = true;
  };
  const done = run.nodes.filter((node) => node.state === "done");
  const named = isShort ? run.nodes.filter((node) => node.state !== "done") : run.nodes;
  return (
    <button type="button" class="strip" onClick={open}>
      <span class="sr-only">{texts.value.run}: </span>
      {isShort && done.length > 0 ? (
        <span class="strip-step" data-state="done">
          <Icon name="check" />
          {texts.value.stepsDone(done.length)}
        </span>
      ) : null}
      {named
        .filter((node) => !isShort || node.state !== "skipped")
        .map((node) => (
          <span key={node.id} class="strip-step" data-state={node.state}>
            {node.state === "done" ? <Icon name="check" /> : <i />}
            {nodeName(node.id)}
          </span>
        ))}
    </button>
  );
}
