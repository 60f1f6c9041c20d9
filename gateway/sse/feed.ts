import {
  compareEventIds,
  type EventId,
  formatEventId,
  type JobId,
} from "../../shared/contract/ids.ts";
import { sse } from "../../shared/limits.ts";
import { Batch } from "./batch.ts";
import { endingOf, type Framed, isAbove, logStart, type LogEntry, placeOf } from "./entry.ts";
import type { LogReader } from "./log-reader.ts";

/** What a feed tells its readers. Neither may throw. */
export interface FeedReader {
  /** New entries, in the order they came; perhaps not the next ones. */
  onNews(batch: Batch): void;
  /** Time to look at the log: silence, or a connection that came back. */
  onDoubt(): void;
}

/**
 * What follows a cursor in the log:
 * - `entries`: these, perhaps none; `isLast` when the log had no more;
 * - `lost`: the log does not hold the cursor, so "what follows" means nothing;
 * - `gone`: there is no log (expired after the end, or a store lost it).
 */
export type Page =
  | { readonly word: "entries"; readonly batch: Batch; readonly isLast: boolean }
  | { readonly word: "lost" }
  | { readonly word: "gone" };

/** One job as this process sees it: its readers, and the highest id anybody heard of. */
export class Feed {
  readonly jobId: JobId;
  readonly readers = new Set<FeedReader>();
  /** Highest id heard of, from hints and the log. A hint only: a store may have lost it since. */
  top: EventId = logStart;
  /** Monotonic ms of the last hint or check. */
  quietSince: number;
  /** Settles when the channel is subscribed. Never rejects. */
  subscribed: Promise<unknown> = Promise.resolve();
  readonly #logs: LogReader;
  /** Reads under way, by cursor: readers at the same place share one. */
  readonly #reads = new Map<string, Promise<Page>>();
  #pending: LogEntry[] = [];

  constructor(jobId: JobId, logs: LogReader, now: number) {
    this.jobId = jobId;
    this.#logs = logs;
    this.quietSince = now;
  }

  /** Gathers the hints of one tick. True when it was the first. */
  gather(entries: readonly LogEntry[]): boolean {
    const isFirst = this.#pending.length === 0;
    this.#pending.push(...entries);
    return isFirst && this.#pending.length > 0;
  }

  /** Hands what was gathered to every reader. */
  deliver(now: number): void {
    const batch = new Batch(this.#pending);
    this.#pending = [];
    this.quietSince = now;
    for (const entry of batch.entries) if (isAbove(entry, this.top)) this.top = placeOf(entry);
    for (const reader of this.readers) reader.onNews(batch);
  }

  /** Throws what the log reader throws. */
  readAfter(cursor: EventId): Promise<Page> {
    const from = formatEventId(cursor);
    const under = this.#reads.get(from);
    if (under) return under;
    const read = this.#read(cursor, from).finally(() => this.#reads.delete(from));
    this.#reads.set(from, read);
    return read;
  }

  /** The ending of the job, if it has one. */
  async ending(): Promise<Framed | undefined> {
    return endingOf(await this.#logs.state(this.jobId));
  }

  async #read(cursor: EventId, from: string): Promise<Page> {
    const isStart = compareEventIds(cursor, logStart) === 0;
    // the cursor's own entry comes along: it proves that the log still holds it
    const count = sse.logReadCount + (isStart ? 0 : 1);
    const entries = await this.#logs.read(this.jobId, isStart ? "-" : from, count);
    const isLast = entries.length < count;
    if (!isStart && entries[0]?.id !== from) {
      if (entries.length > 0) return { word: "lost" };
      const any = await this.#logs.read(this.jobId, "-", 1);
      return any.length > 0 ? { word: "lost" } : { word: "gone" };
    }
    if (entries.length === 0) return { word: "gone" };
    const after = isStart ? entries : entries.slice(1);
    const last = after.at(-1);
    if (last && isAbove(last, this.top)) this.top = placeOf(last);
    return { word: "entries", batch: new Batch(after), isLast };
  }
}
