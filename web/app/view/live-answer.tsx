import { Markdown } from "../markdown/markdown.tsx";
import type { Run } from "../run/run.ts";
import { isRunOpen } from "../state/settings.ts";
import { topology } from "../state/topology.ts";
import type { Turn } from "../state/turns.ts";
import { language } from "../state/settings.ts";
import { stageText, texts } from "../texts.ts";
import { AskCard } from "./ask-card.tsx";
import { Icon } from "./icons.tsx";
import { chosenJob } from "./layout.ts";
import { Thinking } from "./message-item.tsx";

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

/** A node's name as the server tells it, else as the page knows it. */
export function nodeName(id: string): string {
  const node = topology.value?.nodes.find((one) => one.id === id);
  if (!node) return stageText(id);
  return language.value === "ko" ? node.label_ko : node.label_en;
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
    <button type="button" class="strip" aria-label={texts.value.run} onClick={open}>
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
