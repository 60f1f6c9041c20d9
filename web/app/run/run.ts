import type { Check } from "../../client/hold-text.ts";
import type { JobUpdate } from "../../client/updates.ts";
import type { Ending, StageEvent } from "../../client/wire.ts";

type NodeState = "running" | "asking" | "done" | "failed" | "fallback" | "skipped";

export interface NodeRun {
  readonly id: string;
  readonly state: NodeState;
  /** Seconds since 1970 by the server's clock. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** When this page saw it start, for a running clock. */
  readonly seenAtMs: number;
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** One line of the event log; tokens in a row share one. */
export interface LogLine {
  readonly id: string;
  readonly lastId: string;
  readonly event: string;
  readonly status: string;
  readonly count: number;
  readonly atMs: number;
}

export interface Question {
  readonly inputType: string;
  readonly message: string;
  readonly options: readonly string[];
  /** When waiting ends, by this page's clock. */
  readonly untilMs: number;
}

/** A job as far as this page has seen it. */
export interface Run {
  readonly jobId: string;
  readonly beganMs: number;
  readonly endedMs: number | null;
  readonly progress: number;
  /** Tries of the job this page saw; above 1 a worker died or gave the job back. */
  readonly attempts: number;
  readonly nodes: readonly NodeRun[];
  readonly log: readonly LogLine[];
  readonly tokens: number;
  readonly question: Question | null;
  /** Other questions of the chat that come first. */
  readonly position: number;
  readonly ending: Ending | null;
  readonly check: Check | null;
}

export function newRun(jobId: string, nowMs: number): Run {
  return {
    jobId,
    beganMs: nowMs,
    endedMs: null,
    progress: 0,
    attempts: 1,
    nodes: [],
    log: [],
    tokens: 0,
    question: null,
    position: 0,
    ending: null,
    check: null,
  };
}

/** Lines kept; the newest matter. */
const maxLines = 400;

/** Applies one update. An event seen before (a fresh reader is told the stages again) changes nothing. */
export function advance(run: Run, update: JobUpdate, nowMs: number): Run {
  switch (update.type) {
    case "stage":
      return takeStage(run, update.id, update.event, nowMs);
    case "token": {
      const log = addTokens(run.log, update.id ?? "", nowMs);
      return { ...run, tokens: run.tokens + 1, log };
    }
    case "snapshot": {
      const fresh = update.reset ? { attempts: run.attempts + 1, nodes: [], tokens: 0 } : {};
      const status = update.reset ? "reset" : "snapshot";
      const line = { id: update.id ?? "", event: "token_recovery", status };
      return { ...run, ...fresh, log: addLine(run.log, line, nowMs) };
    }
    case "progress":
      return { ...run, progress: Math.max(run.progress, update.progress) };
    case "line": {
      const isNews = update.state === "polling" || update.why !== undefined;
      if (!isNews) return run;
      const line = { id: "", event: update.state, status: update.why ?? "" };
      return { ...run, log: addLine(run.log, line, nowMs) };
    }
    case "done": {
      const line = { id: update.id ?? "", event: "done", status: update.status };
      return {
        ...run,
        endedMs: nowMs,
        progress: 100,
        tokens: update.result.tokens || run.tokens,
        question: null,
        ending: update.status,
        check: update.check,
        nodes:
          run.nodes.length === 0
            ? toldNodes(update.result.metadata, nowMs)
            : run.nodes.map((node) => closed(node, update.status)),
        log: addLine(run.log, line, nowMs),
      };
    }
    case "over":
      return { ...run, endedMs: nowMs, progress: 100, question: null };
  }
}

function takeStage(run: Run, id: string | undefined, event: StageEvent, nowMs: number): Run {
  if (id !== undefined && run.log.some((line) => line.id === id)) return run;
  const log = addLine(run.log, { id: id ?? "", event: event.stage, status: event.status }, nowMs);
  const progress = Math.max(run.progress, event.progress);
  const seen = { ...run, log, progress };
  const stage: string = event.stage;
  if (stage === "queued") {
    const position = event.result?.["position"];
    return { ...seen, position: typeof position === "number" ? Math.max(0, position) : 0 };
  }
  if (stage === "needs_input") return { ...seen, question: questionOf(event, nowMs) };
  const isAnswered = event.status === "resumed" || event.status === "skipped";
  return {
    ...seen,
    position: 0,
    question: isAnswered ? null : run.question,
    nodes: withNode(run.nodes, event, nowMs),
  };
}

const states: Readonly<Record<string, NodeState>> = {
  started: "running",
  processing: "running",
  resumed: "running",
  waiting: "asking",
  completed: "done",
  failed: "failed",
  fallback: "fallback",
  skipped: "skipped",
};

function withNode(nodes: readonly NodeRun[], event: StageEvent, nowMs: number): NodeRun[] {
  const state = states[event.status] ?? "running";
  const at = Number(event.ts) || nowMs / 1000;
  const known = nodes.find((node) => node.id === event.stage);
  const isOver = state !== "running" && state !== "asking";
  // a node that went the other way and finished keeps the mark of it
  const shown = state === "done" && known?.state === "fallback" ? "fallback" : state;
  const node: NodeRun = {
    id: event.stage,
    state: shown,
    startedAt: known?.startedAt ?? at,
    endedAt: isOver ? at : null,
    seenAtMs: known?.seenAtMs ?? nowMs,
    result: event.result ?? known?.result ?? null,
  };
  return known ? nodes.map((one) => (one === known ? node : one)) : [...nodes, node];
}

/** Nothing runs on after the end; what was under way shares its fate. */
function closed(node: NodeRun, ending: Ending): NodeRun {
  if (node.endedAt !== null) return node;
  return { ...node, state: ending === "completed" ? "done" : "failed", endedAt: node.startedAt };
}

const told: Readonly<Record<string, NodeState>> = {
  success: "done",
  fallback_success: "fallback",
  skipped: "skipped",
};

/** Whoever comes after the end saw no stage; the ending tells which nodes worked and for how long. */
function toldNodes(metadata: Readonly<Record<string, unknown>>, nowMs: number): NodeRun[] {
  const nodes = metadata["nodes"];
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((one: unknown) => {
    const { node, status, duration_ms: ms } = (one ?? {}) as Record<string, unknown>;
    if (typeof node !== "string") return [];
    const lasted = typeof ms === "number" ? ms / 1000 : 0;
    const startedAt = nowMs / 1000 - lasted;
    const state = told[String(status)] ?? "failed";
    const endedAt = startedAt + lasted;
    return [{ id: node, state, startedAt, endedAt, seenAtMs: nowMs, result: null }];
  });
}

function questionOf(event: StageEvent, nowMs: number): Question {
  const { input_type: type, timeout, options } = event.result ?? {};
  const seconds = typeof timeout === "number" ? timeout : 60;
  return {
    inputType: typeof type === "string" ? type : "confirmation",
    message: event.message,
    options: Array.isArray(options) ? options.map(String) : [],
    untilMs: nowMs + seconds * 1000,
  };
}

function addLine(
  log: readonly LogLine[],
  line: Pick<LogLine, "id" | "event" | "status">,
  atMs: number,
): LogLine[] {
  const kept = log.length >= maxLines ? log.slice(-maxLines + 1) : log;
  return [...kept, { ...line, lastId: line.id, count: 1, atMs }];
}

function addTokens(log: readonly LogLine[], id: string, atMs: number): readonly LogLine[] {
  const last = log.at(-1);
  if (last?.event !== "token") return addLine(log, { id, event: "token", status: "" }, atMs);
  return [...log.slice(0, -1), { ...last, lastId: id, count: last.count + 1 }];
}
