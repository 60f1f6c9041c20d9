import type { AnswerText } from "../shared/contract/answer-text.ts";
import { buildEnding } from "../shared/contract/build-ending.ts";
import type { JobRecord, Outcome } from "../shared/contract/build-events.ts";
import type { StageEvent, TokenRecoveryEvent } from "../shared/contract/event.ts";
import { formatEventId, shardOf } from "../shared/contract/ids.ts";
import type { Turn } from "../shared/contract/turn.ts";
import { turnOf } from "../shared/job-session.ts";
import { type ScanStage, scanStageSeq } from "../shared/contract/scan.ts";
import { type Stage, stageSeq, type StageStatus } from "../shared/contract/stages.ts";
import { type Clock, epochSeconds } from "../shared/clock.ts";
import { stream } from "../shared/limits.ts";
import type { AppendInput, Entry } from "../shared/scripts.ts";

export interface StageNews {
  readonly stage: Exclude<Stage, "done"> | ScanStage;
  readonly status: StageStatus;
  readonly progress: number;
  readonly result?: Record<string, unknown> | undefined;
  readonly message?: string | undefined;
}

/** An event without its number. Tokens that wait next to each other are one event. */
export type Waiting =
  | { readonly kind: "stage"; readonly news: StageNews }
  | { readonly kind: "reset" }
  | { readonly kind: "tokens"; readonly node: string; readonly parts: string[] };

/** Where the log stands after an append. */
export interface Position {
  readonly n: number;
  readonly progress: number;
  readonly answer: AnswerText;
  /** Length and token count of the text in the latest snapshot. */
  readonly snapshot: { readonly length: number; readonly tokens: number };
}

export interface Batch extends AppendInput {
  readonly after: Position;
}

/**
 * Takes the first entries off `waiting`, numbers and serialises them, once: retries send the same bytes. When
 * nothing is left waiting, `ending` goes last. Undefined when there is nothing to append.
 */
export function takeBatch(
  job: {
    readonly record: JobRecord;
    readonly attempt: number;
    readonly clock: Clock;
    readonly trace?: string | undefined;
  },
  waiting: Waiting[],
  before: Position,
  ending: Omit<Outcome, "answer"> | undefined,
): Batch | undefined {
  const { record, attempt, clock } = job;
  /** Stages and the first token carry the trace; every token would cost a third of its size. */
  const traced = job.trace === undefined ? "" : `{"trace":"${job.trace}"}`;
  const entries: Entry[] = [];
  let { progress, answer } = before;
  let reset = "";
  let lastToken = "";
  let lastNode = "";
  const place = () => ({ attempt, n: before.n + entries.length + 1 });
  while (entries.length < stream.batchEntries) {
    const next = waiting.shift();
    if (!next) break;
    const stream_id = formatEventId(place());
    const head = { job_id: record.jobId, stream_id };
    const ts = epochSeconds(clock);
    if (next.kind === "stage") {
      const { stage, status, result, message } = next.news;
      progress = Math.max(progress, next.news.progress);
      const event = {
        ...head,
        stage,
        status,
        seq: seqOf(record, next.news),
        ts,
        progress,
        result: result ?? null,
        message: message ?? "",
      } satisfies Omit<StageEvent, "stage"> & { stage: StageNews["stage"] };
      entries.push({ event: stage, data: JSON.stringify(event), internal: traced });
    } else if (next.kind === "reset") {
      const event: TokenRecoveryEvent = {
        ...head,
        stage: "token_recovery",
        status: "snapshot",
        ts,
        accumulated: "",
        last_seq: answer.lastSeq,
        completed: false,
        reset: true,
      };
      reset = stream_id;
      entries.push({ event: "token_recovery", data: JSON.stringify(event), internal: "" });
    } else {
      const count = next.parts.length;
      const content = count === 1 ? (next.parts[0] ?? "") : next.parts.join("");
      const seq = answer.lastSeq + count;
      const firstSeq = count === 1 ? "" : `,"first_seq":${answer.lastSeq + 1}`;
      // put together by hand: half the time of serialising an object (2 vCPU, 2026-11-21)
      const data = `{"job_id":"${record.jobId}","stream_id":"${stream_id}","stage":"token","status":"streaming","seq":${seq}${firstSeq},"ts":"${ts}","content":${JSON.stringify(content)},"node":${JSON.stringify(next.node)}}`;
      const isFirst = answer.tokens === 0;
      lastToken = stream_id;
      lastNode = next.node;
      answer = { text: answer.text + content, tokens: answer.tokens + count, lastSeq: seq };
      const internal = isFirst ? traced : "";
      entries.push({ event: "token", data, internal });
    }
  }
  let turn: Turn | undefined;
  const endsHere =
    ending !== undefined && waiting.length === 0 && entries.length < stream.batchEntries;
  if (endsHere) {
    progress = 100;
    const nowMs = clock.wallMs();
    const done = buildEnding(record, place(), { ...ending, answer }, nowMs);
    const isRemembered = record.session?.memory && ending.ending === "completed";
    if (isRemembered) turn = turnOf(record, answer.text, nowMs, false);
    const internal =
      traced === "" || done.internal === ""
        ? done.internal || traced
        : `${traced.slice(0, -1)},${done.internal.slice(1)}`;
    entries.push({ event: "done", data: done.data, internal });
  }
  if (entries.length === 0) return undefined;

  const snapshotAt = endsHere ? "" : reset || (isSnapshotDue(before, answer) ? lastToken : "");
  return {
    jobId: record.jobId,
    chatId: record.chatId,
    shard: shardOf(record.jobId, stream.shardCount),
    first: { attempt, n: before.n + 1 },
    entries,
    ending: endsHere ? ending.ending : undefined,
    lastTokenSeq: answer.lastSeq,
    progress,
    snapshot: snapshotAt === "" ? undefined : snapshotJson(snapshotAt, answer, lastNode, clock),
    turn,
    after: {
      n: before.n + entries.length,
      progress,
      answer,
      snapshot:
        snapshotAt === "" ? before.snapshot : { length: answer.text.length, tokens: answer.tokens },
    },
  };
}

function seqOf({ kind }: JobRecord, { stage, status }: StageNews): number {
  if (kind === "scan") return scanStageSeq(stage as ScanStage, status);
  return stageSeq(stage as Exclude<Stage, "done">, status);
}

/** Only when the text grew by a tenth: copies of a growing text then cost O(n) together, not O(n²). */
function isSnapshotDue({ snapshot }: Position, answer: AnswerText): boolean {
  return (
    answer.tokens - snapshot.tokens >= stream.snapshotTokens &&
    answer.text.length >= snapshot.length * 1.1
  );
}

/** The text up to and with the entry `id`. A reset writes an empty one over that of the attempt before. */
function snapshotJson(id: string, answer: AnswerText, node: string, clock: Clock): string {
  return JSON.stringify({
    id,
    last_seq: answer.lastSeq,
    accumulated: answer.text,
    accumulated_len: answer.text.length,
    node,
    updated_at: epochSeconds(clock),
    tokens: answer.tokens,
  });
}
