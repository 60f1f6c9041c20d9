import type { NodeRun, Run } from "../run/run.ts";
import { texts } from "../texts.ts";
import { useNow } from "./line-pill.tsx";
import { nodeName } from "./node-name.ts";
import { timeOf } from "./run-graph.tsx";

/** Every step in the order it began, with its time as a bar: what ran side by side stands side by side. */
export function RunSteps({ run, isLive }: { run: Run; isLive: boolean }) {
  const t = texts.value;
  const isRunning = isLive && run.nodes.some((node) => node.state === "running");
  const now = useNow(isRunning);
  if (run.nodes.length === 0 && !isLive) return null;
  const start = Math.min(...run.nodes.map((node) => node.startedAt), Infinity);
  const ends = run.nodes.map((node) => endOf(node, now));
  const span = Math.max(0.05, Math.max(...ends) - start);
  return (
    <section class="run-part">
      <h3>{t.runSteps}</h3>
      <ol class="steps" data-live={isLive}>
        {run.nodes.map((node) => {
          const from = ((node.startedAt - start) / span) * 100;
          const length = ((endOf(node, now) - node.startedAt) / span) * 100;
          const place = {
            marginLeft: `${from}%`,
            width: `${Math.max(2, Math.min(length, 100 - from))}%`,
          };
          return (
            <li key={node.id} data-state={node.state}>
              <span class="step-name">{nodeName(node.id)}</span>
              <span class="sr-only">{t.states[node.state]}</span>
              <span class="step-time">{timeOf(node, now)}</span>
              <span class="step-track">
                <i style={place} />
              </span>
              <Found node={node} />
            </li>
          );
        })}
      </ol>
    </section>
  );
}

const endOf = (node: NodeRun, now: number): number =>
  node.endedAt ?? node.startedAt + (now - node.seenAtMs) / 1000;

/** What a step found, as its event tells it: short values only. */
function Found({ node }: { node: NodeRun }) {
  const pairs = Object.entries(node.result ?? {}).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.slice(0, 4).map(String).join(", ") : String(value);
    const isShort =
      value !== null && typeof value !== "object" ? text.length <= 60 : Array.isArray(value);
    return isShort && text !== "" ? [`${name.replaceAll("_", " ")}: ${text}`] : [];
  });
  return pairs.length === 0 ? null : <span class="step-found">{pairs.join(" · ")}</span>;
}
