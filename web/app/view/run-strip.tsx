import type { NodeRun, Run } from "../run/run.ts";
import { durationText } from "../run/seconds.ts";
import { isRunOpen } from "../state/settings.ts";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";
import { chosenJob } from "./layout.ts";
import { nodeName } from "./node-name.ts";
import { Thinking } from "./thinking.tsx";

/**
 * The line an answer begins with; a tap shows its run. It stands above the text and is one line high from the first
 * word to the end and after it, so nothing a person reads ever moves. Before the first word it names every step.
 */
export function RunStrip({ run, hasText }: { run: Run; hasText: boolean }) {
  const t = texts.value;
  const isOver = run.ending !== null;
  if (run.nodes.length === 0 && !isOver) {
    return <Thinking text={run.position > 0 ? t.waitingTurn(run.position) : t.thinking} />;
  }
  const open = () => {
    chosenJob.value = run.jobId;
    isRunOpen.value = true;
  };
  const done = run.nodes.filter((node) => node.state === "done").length;
  const isShort = hasText || isOver;
  return (
    <button type="button" class="strip" data-short={isShort} onClick={open}>
      {isOver && done === 0 ? null : <span class="sr-only">{t.run}: </span>}
      {isShort && (isOver || done > 0) ? (
        <span class="strip-step" data-state="done">
          <Icon name={isOver ? "run" : "check"} />
          {done > 0 ? t.stepsDone(done) : t.run}
        </span>
      ) : null}
      {run.nodes.filter((node) => isNamed(node, isShort, isOver)).map(Step)}
      {isOver && run.endedMs !== null ? (
        <span class="tool-note">{durationText(run.endedMs - run.beganMs, t.units)}</span>
      ) : null}
    </button>
  );
}

function isNamed({ state }: NodeRun, isShort: boolean, isOver: boolean): boolean {
  if (!isShort) return true;
  return isOver ? state === "failed" : state !== "done" && state !== "skipped";
}

function Step(node: NodeRun) {
  return (
    <span key={node.id} class="strip-step" data-state={node.state}>
      {node.state === "done" ? <Icon name="check" /> : <i />}
      {nodeName(node.id)}
    </span>
  );
}
