import { compareEventIds, type EventId } from "../../shared/contract/ids.ts";

/** One event of a job log, as the log and the hints carry it; `data` is never parsed on the way. */
export interface LogEntry extends EventId {
  /** `<attempt>-<n>`: the SSE `id:`. */
  readonly id: string;
  readonly event: string;
  /** One line of JSON. */
  readonly data: string;
}

/** What a frame is made of. */
export type Framed = Pick<LogEntry, "id" | "event" | "data">;

/** The event that ends a job. */
export const terminalEvent = "done";

/** Before everything a log can hold. */
export const logStart: EventId & { readonly id: string } = { attempt: 0, n: 0, id: "0-0" };

/** True when `next` comes directly after `cursor`: nothing can lie between them. */
export function follows(cursor: EventId, next: EventId): boolean {
  return next.attempt === cursor.attempt && next.n === cursor.n + 1;
}

/** Only where it stands: a cursor that were the entry would keep its text, and all of the message it came in. */
export function placeOf({ attempt, n }: EventId): EventId {
  return { attempt, n };
}

export function isAbove(a: EventId, b: EventId): boolean {
  return compareEventIds(a, b) > 0;
}

function toEntry(id: string, event: string, data: string): LogEntry | undefined {
  const dash = id.indexOf("-");
  const attempt = Number(id.slice(0, dash));
  const n = Number(id.slice(dash + 1));
  if (dash < 1 || !Number.isSafeInteger(attempt) || !Number.isSafeInteger(n)) return undefined;
  return { attempt, n, id, event, data };
}

/** A hint: `<id> <event> <data>` per line. A line that is none is left out; the log has what it meant. */
export function parseHint(message: string): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const line of message.split("\n")) {
    const first = line.indexOf(" ");
    const second = line.indexOf(" ", first + 1);
    if (first < 1 || second < 0) continue;
    const entry = toEntry(
      line.slice(0, first),
      line.slice(first + 1, second),
      line.slice(second + 1),
    );
    if (entry) entries.push(entry);
  }
  return entries;
}

/** A reply of XRANGE on a job log. */
export function parseRange(reply: readonly [id: string, fields: string[]][]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const [id, fields] of reply) {
    let event = "";
    let data = "";
    for (let i = 0; i + 1 < fields.length; i += 2) {
      if (fields[i] === "event") event = fields[i + 1] ?? "";
      else if (fields[i] === "data") data = fields[i + 1] ?? "";
    }
    const entry = toEntry(id, event, data);
    if (entry) entries.push(entry);
  }
  return entries;
}

const streamId = /"stream_id":"(\d+-\d+)"/;

/**
 * The ending a job's state holds, if it is one. A state is the latest stage event, serialised; `stream_id` and
 * `stage` stand before any free text.
 */
export function endingOf(state: string | undefined): Framed | undefined {
  if (state === undefined || !state.startsWith('"stage":"done"', state.indexOf('"stage":'))) {
    return undefined;
  }
  const id = streamId.exec(state)?.[1];
  return id === undefined ? undefined : { id, event: terminalEvent, data: state };
}
