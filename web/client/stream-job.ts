import { checkAnswer, type Held, holdSnapshot, holdToken, nothingHeld } from "./hold-text.ts";
import { createLine, type LineControl } from "./line.ts";
import { openEvents } from "./open-events.ts";
import { createSseParser, type SseFrame } from "./parse-sse.ts";
import { ApiError, callJson, type Connection } from "./request.ts";
import {
  defaultTiming,
  type JobUpdate,
  type Line,
  type LineBreak,
  type Timing,
} from "./updates.ts";
import type {
  DoneEvent,
  DoneResult,
  Ending,
  JobStatus,
  StageEvent,
  TokenEvent,
  TokenRecoveryEvent,
} from "./wire.ts";

export interface StreamOptions {
  /** What an earlier stream of this job left: `held` of its last update. */
  readonly held?: Held | undefined;
  /** Only an id, for scripts that keep their own text. */
  readonly lastEventId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timing?: Partial<Timing> | undefined;
  readonly onLine?: ((line: Line) => void) | undefined;
}

/** Gaps are asked for anew this often; after that the end mends the text. */
const gapTries = 2;

interface Reader {
  held: Held;
  /** A person is asked: silence is no sign of a broken line. */
  isWaitingForInput: boolean;
  gaps: number;
  /** Connections in a row that went stale without an event. */
  stale: number;
  /** Connections in a row that brought nothing; decides the wait. */
  failures: number;
}

/**
 * Follows a job to its end across broken lines. Ends after `done` or `over`; throws `ApiError` when the server
 * refuses (401, 404), and the abort reason when `signal` is aborted.
 */
export async function* streamJob(
  to: Connection,
  jobId: string,
  options: StreamOptions = {},
): AsyncGenerator<JobUpdate, void> {
  const timing = { ...defaultTiming, ...options.timing };
  const line = createLine(options.signal, timing);
  options.onLine?.(line);
  const reader: Reader = {
    held: options.held ?? startFrom(options.lastEventId),
    isWaitingForInput: false,
    gaps: 0,
    stale: 0,
    failures: 0,
  };
  for (;;) {
    yield { type: "line", state: "connecting" };
    const broke = yield* readConnection(to, jobId, reader, line);
    if (broke === undefined) return;
    options.signal?.throwIfAborted();
    if (broke.why === "stale" && reader.stale >= 2) {
      yield { type: "line", state: "polling", why: "stale" };
      if (yield* poll(to, jobId, reader, line, timing)) return;
      continue;
    }
    const retryInMs = line.holdMs() ?? broke.retryMs ?? backoffMs(reader, broke.why, timing);
    yield { type: "line", state: "waiting", why: broke.why, retryInMs };
    await line.wait(retryInMs);
  }
}

function startFrom(lastEventId: string | undefined): Held {
  return lastEventId === undefined ? nothingHeld : { text: "", lastEventId, lastSeq: undefined };
}

function backoffMs(reader: Reader, why: LineBreak, timing: Timing): number {
  if (why === "gap" || why === "stale" || reader.failures === 0) return 0;
  const full = Math.min(timing.firstBackoffMs * 2 ** (reader.failures - 1), timing.maxBackoffMs);
  return Math.round(full * (0.5 + Math.random() / 2));
}

interface Broke {
  readonly why: LineBreak;
  readonly retryMs?: number | undefined;
}

/** One connection; undefined when the job is over. */
async function* readConnection(
  to: Connection,
  jobId: string,
  reader: Reader,
  line: LineControl,
): AsyncGenerator<JobUpdate, Broke | undefined> {
  const parser = createSseParser();
  const signal = line.open();
  let brought = 0;
  reader.failures += 1;
  try {
    const frames = await openEvents(to, {
      jobId,
      lastEventId: reader.held.lastEventId,
      parser,
      signal,
    });
    if (frames === undefined) {
      yield { type: "over" };
      return undefined;
    }
    yield { type: "line", state: "open" };
    for await (const frame of frames) {
      if (frame.event === "error") return { why: "server", retryMs: parser.retryMs() };
      const update = await takeFrame(reader, frame);
      if (update === "gap") {
        reader.gaps += 1;
        reader.held = { ...reader.held, lastEventId: undefined };
        return { why: "gap" };
      }
      if (update === undefined) continue;
      brought += 1;
      reader.failures = 0;
      reader.stale = 0;
      if (reader.isWaitingForInput) line.rest();
      else line.alive();
      yield update;
      if (update.type === "done") return undefined;
    }
    return { why: "ended", retryMs: parser.retryMs() };
  } catch (cause) {
    const why = line.brokenBy();
    if (why === undefined) {
      if (!(cause instanceof ApiError && cause.isPassing)) throw cause;
      return { why: cause.status === 0 ? "network" : "server", retryMs: cause.retryAfterMs };
    }
    if (why === "stale" && brought === 0) reader.stale += 1;
    return { why };
  } finally {
    line.close();
  }
}

/** Applies one frame; undefined when it changes nothing. Unknown events are ignored. */
async function takeFrame(reader: Reader, frame: SseFrame): Promise<JobUpdate | "gap" | undefined> {
  if (frame.event === "keepalive") return undefined;
  const data = readJson(frame.data);
  if (data === undefined) return undefined;
  const { id } = frame;
  if (frame.event === "token") {
    const { content, ...token } = data as unknown as TokenEvent;
    let next = holdToken(reader.held, id, { ...token, content });
    if (next === "repeated") return undefined;
    if (next === "gap") {
      if (reader.gaps < gapTries) return "gap";
      next = holdToken({ ...reader.held, lastSeq: undefined }, id, { ...token, content }) as Held;
    }
    reader.held = next;
    return { type: "token", id, content, text: next.text, held: next };
  }
  if (frame.event === "token_recovery") {
    const event = data as unknown as TokenRecoveryEvent;
    reader.held = holdSnapshot(reader.held, id, event);
    const { held } = reader;
    return { type: "snapshot", id, reset: event.reset === true, text: held.text, held };
  }
  if (frame.event === "done") {
    const event = data as unknown as DoneEvent;
    return ending(reader, id, event.status, event.message, event.result);
  }
  if (typeof data["stage"] !== "string" || typeof data["status"] !== "string") return undefined;
  reader.held = { ...reader.held, lastEventId: id ?? reader.held.lastEventId };
  reader.isWaitingForInput = data["status"] === "waiting";
  return { type: "stage", id, event: data as unknown as StageEvent, held: reader.held };
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null
      ? (data as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // not ours
  }
}

async function ending(
  reader: Reader,
  id: string | undefined,
  status: Ending,
  message: string,
  result: DoneResult,
): Promise<JobUpdate> {
  const { text, check } = await checkAnswer(reader.held, result);
  return { type: "done", id, status, message, text, check, result };
}

/** Asks for the status until the job ended (true) or it is time to try the stream again. */
async function* poll(
  to: Connection,
  jobId: string,
  reader: Reader,
  line: LineControl,
  timing: Timing,
): AsyncGenerator<JobUpdate, boolean> {
  const until = performance.now() + timing.staleMs;
  while (performance.now() < until) {
    try {
      const signal = line.open();
      const found = await callJson<JobStatus>(to, `/api/v1/chat/${jobId}/status`, { signal });
      if (found.result !== null && isEnding(found.status)) {
        yield await ending(reader, undefined, found.status, found.error ?? "", found.result);
        return true;
      }
      yield { type: "progress", progress: found.progress, stage: found.current_stage };
    } catch (cause) {
      const passes = cause instanceof ApiError ? cause.isPassing : line.brokenBy() !== undefined;
      if (!passes) throw cause;
    } finally {
      line.close();
    }
    if (await line.wait(timing.pollMs)) return false;
  }
  return false;
}

function isEnding(status: string): status is Ending {
  return status === "completed" || status === "failed" || status === "cancelled";
}
