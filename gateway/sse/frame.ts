import type { JobId } from "../../shared/contract/ids.ts";
import { type Framed, logStart } from "./entry.ts";

const encoder = new TextEncoder();

/** What a stream carries. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const encodeText = (text: string): Bytes => encoder.encode(text);

/** One SSE event. Event names and ids are the log's own; `data` is one line of JSON. */
export function frame(entry: Framed): string {
  return `id: ${entry.id}\nevent: ${entry.event}\ndata: ${entry.data}\n\n`;
}

/** A comment line: keeps proxies and idle timers quiet, clients do not see it. */
export const keepaliveComment = encodeText(": keepalive\n\n");

/** The existing web client resets its timers on it. No `id:`: the reader's cursor stays. */
export function keepaliveEvent(ts: string): Bytes {
  return encodeText(`event: keepalive\ndata: {"timestamp":"${ts}"}\n\n`);
}

/** Transport errors the client answers by coming back with its last id. No `id:` here either. */
export function timeoutEvent(): string {
  const data = { error: "timeout", message: "the connection was open for its longest time" };
  return `event: error\ndata: ${JSON.stringify(data)}\n\n`;
}

/** When the client should come back, should the stream break. */
export function retryHint(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`;
}

interface Recovery {
  readonly jobId: JobId;
  readonly id: string;
  readonly ts: string;
  readonly text: string;
  readonly lastSeq: number;
  readonly isReset: boolean;
}

/** The text so far: replaces what the reader holds. `completed` stays false: the existing client stops listening on true. */
export function recoveryFrame(recovery: Recovery): string {
  const data = JSON.stringify({
    job_id: recovery.jobId,
    stream_id: recovery.id,
    stage: "token_recovery",
    status: "snapshot",
    ts: recovery.ts,
    last_seq: recovery.lastSeq,
    completed: false,
    ...(recovery.isReset ? { reset: true } : {}),
    accumulated: recovery.text,
  });
  return frame({ id: recovery.id, event: "token_recovery", data });
}

/**
 * "Forget what you hold": for a cursor the log does not know. Its id lies below everything, so a client that
 * comes back with it is told the same again, and ids keep rising.
 */
export function resetFrame(jobId: JobId, ts: string): string {
  return recoveryFrame({ jobId, id: logStart.id, ts, text: "", lastSeq: 0, isReset: true });
}
