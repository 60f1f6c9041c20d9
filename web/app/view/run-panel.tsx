import { useEffect, useRef } from "preact/hooks";
import type { Run } from "../run/run.ts";
import { messages } from "../state/open-chat.ts";
import { isRunOpen } from "../state/settings.ts";
import { loadTopology, topology } from "../state/topology.ts";
import { type Turn, turnCount, turnOf } from "../state/turns.ts";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";
import { chosenJob, isRunWide } from "./layout.ts";
import { LineState, liveTurn } from "./line-pill.tsx";
import { RunFacts } from "./run-facts.tsx";
import { RunGraph } from "./run-graph.tsx";
import { EventLog } from "./run-log.tsx";
import { RunSteps } from "./run-steps.tsx";

/** What the agent does with a question: its graph, its steps, its events, and the line they come over. */
export function RunPanel() {
  const t = texts.value;
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    void loadTopology();
    if (isRunWide.value) return;
    close.current?.focus();
    return () => document.querySelector<HTMLElement>(".run-button")?.focus();
  }, []);
  const { turn, run, metadata } = shownRun();
  return (
    <section
      class="run"
      aria-label={t.run}
      onKeyDown={(event) => {
        if (event.key === "Escape") isRunOpen.value = false;
      }}
    >
      <header class="run-head">
        <h2>{t.run}</h2>
        {turn ? <LineState line={turn.line.value} /> : <Ending run={run} />}
        <button
          ref={close}
          type="button"
          class="icon-button"
          aria-label={t.close}
          onClick={() => (isRunOpen.value = false)}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="run-scroll" tabIndex={0} role="group" aria-label={t.runSteps}>
        {run ? (
          <>
            <Progress run={run} />
            {run.attempts > 1 && turn ? <p class="again">{t.attemptNote}</p> : null}
            {topology.value ? <RunGraph topology={topology.value} run={run} /> : null}
            <RunSteps run={run} isLive={turn !== undefined} />
            <RunFacts run={run} metadata={metadata} />
            <EventLog run={run} />
          </>
        ) : (
          <p class="run-empty">{messages.value.length === 0 ? t.runEmpty : t.runGone}</p>
        )}
      </div>
      {turn ? <LineTools turn={turn} /> : null}
    </section>
  );
}

interface Shown {
  readonly turn: Turn | undefined;
  readonly run: Run | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** The chosen run if it is of this chat; else the one under way, else the newest. */
function shownRun(): Shown {
  void turnCount.value;
  const all = messages.value;
  const chosen = all.findLast(
    (one) => one.role === "assistant" && one.jobId !== null && one.jobId === chosenJob.value,
  );
  const turn = chosen ? turnOf(chosen.jobId) : liveTurn();
  if (turn) return { turn, run: turn.run.value, metadata: null };
  const message = chosen ?? all.findLast((one) => one.run !== null);
  return { turn: undefined, run: message?.run ?? undefined, metadata: message?.metadata ?? null };
}

function Ending({ run }: { run: Run | undefined }) {
  if (!run?.ending) return null;
  return (
    <span class="line-pill" data-state={run.ending}>
      <i />
      {texts.value.endings[run.ending]}
    </span>
  );
}

function Progress({ run }: { run: Run }) {
  return (
    <div class="progress">
      <progress max={100} value={run.progress} aria-label={texts.value.progress} />
      <span>{run.progress}%</span>
    </div>
  );
}

function LineTools({ turn }: { turn: Turn }) {
  const t = texts.value;
  const isWaiting = turn.line.value.state === "waiting";
  return (
    <div class="line-tools">
      {isWaiting ? (
        <button type="button" class="button small" onClick={() => turn.wake()}>
          {t.reconnect}
        </button>
      ) : (
        <button
          type="button"
          class="button quiet small"
          title={t.cutHint}
          onClick={() => turn.cut()}
        >
          <Icon name="scissors" />
          {t.cutLine}
        </button>
      )}
      <small>{t.cutHint}</small>
    </div>
  );
}
