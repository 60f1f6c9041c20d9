import type { EventId } from "../../shared/contract/ids.ts";
import { sse } from "../../shared/limits.ts";
import type { Batch } from "./batch.ts";
import { follows, isAbove, logStart, terminalEvent } from "./entry.ts";
import type { Feed, FeedReader, Page } from "./feed.ts";
import {
  type Bytes,
  encodeText,
  frame,
  keepaliveComment,
  retryHint,
  timeoutEvent,
} from "./frame.ts";
import type { CloseReason, SseMetrics } from "./metrics.ts";

/** Where a reader's bytes go: the part of a stream controller it uses. */
export interface Sink {
  /** Bytes that may still wait; 0 or less: the socket does not take more. */
  readonly desiredSize: number | null;
  enqueue(chunk: Bytes): void;
  close(): void;
}

interface ReaderOptions {
  readonly metrics: SseMetrics;
  /** Monotonic ms of its opening. */
  readonly now: number;
  /** Monotonic ms at which its token has run out for good. */
  readonly expiresAt: number;
  /** Its token was revoked since. */
  readonly isRevoked: () => boolean;
  /** Its age is no reason to close it. */
  readonly staysOpen: boolean;
  /** Runs once, whoever closes it. */
  readonly onClosed: (reason: CloseReason) => void;
}

/**
 * One open SSE connection: a cursor on a job log. Holds no events of its own.
 * - opening: until `begin`; hints pass by, as while reading;
 * - live: takes a hint that directly follows its cursor, drops what it has, goes to the log for anything else;
 * - reading: the log after the cursor is being read; hints pass by, `feed.top` remembers how far they went;
 * - blocked: the socket takes nothing; the cursor stays, `onDrain` reads the log;
 * - closed: after `done`, or for one of the other reasons. Entered from everywhere, never left.
 */
export class Reader implements FeedReader {
  cursor: EventId = logStart;
  #feed: Feed | undefined;
  #sink: Sink | undefined;
  #isReading = true;
  #isClosed = false;
  /** Monotonic ms since when the socket takes nothing; undefined while it does. */
  #blockedSince: number | undefined;
  #sent = 0;
  #lastByteAt: number;
  #lastEventAt: number;
  #now: number;
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#now = options.now;
    this.#lastByteAt = options.now;
    this.#lastEventAt = options.now;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Log entries written one by one; what it got at its opening does not count. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends what a new reader gets first, and follows the log from `cursor` on. */
  begin(
    sink: Sink,
    feed: Feed,
    opening: { text: string; cursor: EventId; isEnded: boolean },
  ): void {
    this.#sink = sink;
    this.#feed = feed;
    this.#isReading = false;
    this.cursor = opening.cursor;
    sink.enqueue(encodeText(opening.text));
    if (opening.isEnded) this.close("done");
    else if (isAbove(feed.top, this.cursor)) void this.#catchUp();
  }

  onNews(batch: Batch): void {
    if (this.#isClosed || this.#isReading || this.#blockedSince !== undefined) return;
    this.#take(batch, () => {
      this.#options.metrics.gapReads.inc();
      void this.#catchUp();
    });
  }

  onDoubt(): void {
    if (this.#blockedSince === undefined) void this.#catchUp();
  }

  /** The socket takes bytes again. */
  onDrain(): void {
    if (this.#blockedSince === undefined) return;
    this.#blockedSince = undefined;
    void this.#catchUp();
  }

  /** Keepalives and the ends that come by time. `keepalive` is the event of this tick. */
  onTick(now: number, keepalive: () => Bytes): void {
    this.#now = now;
    if (this.#isClosed) return;
    const { staysOpen, now: openedAt } = this.#options;
    if (!staysOpen && now - openedAt >= sse.maxOpenMs) return this.close("timeout", timeoutEvent());
    if (now >= this.#options.expiresAt) return this.close("token_expired");
    if (this.#options.isRevoked()) return this.close("token_revoked");
    if (!this.#hasRoom()) {
      if (this.#blockedSince === undefined) this.#block();
      else if (now - this.#blockedSince >= sse.stalledMs) this.close("stalled");
      return;
    }
    if (now - this.#lastEventAt >= sse.keepaliveEventMs) {
      this.#write(keepalive());
      this.#lastEventAt = now;
    } else if (now - this.#lastByteAt >= sse.keepaliveMs) {
      this.#write(keepaliveComment);
    }
  }

  /** Ends the stream between two events. `last` is a frame that goes out before the end. */
  close(reason: CloseReason, last = ""): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (reason !== "client_gone") {
      if (last !== "") this.#sink?.enqueue(encodeText(last));
      this.#sink?.close();
    }
    this.#options.onClosed(reason);
  }

  /** Writes the run that follows the cursor. `onHole` when something above it is left over. */
  #take(batch: Batch, onHole: () => void): void {
    const { entries } = batch;
    let from = 0;
    for (let entry = entries[from]; entry && !isAbove(entry, this.cursor); entry = entries[++from]);
    let to = from;
    let cursor = this.cursor;
    for (let entry = entries[to]; entry && follows(cursor, entry); entry = entries[++to]) {
      cursor = entry;
    }
    if (to > from && !this.#send(batch, from, to)) return;
    if (entries.slice(to).some((entry) => isAbove(entry, this.cursor))) onHole();
  }

  /** Writes entries and moves the cursor. False when the socket is full, or the job has ended with them. */
  #send(batch: Batch, from: number, to: number): boolean {
    const last = batch.entries[to - 1];
    if (!last) return true;
    if (!this.#hasRoom()) {
      this.#block();
      return false;
    }
    this.#write(batch.chunk(from, to));
    this.#lastEventAt = this.#now;
    this.cursor = last;
    this.#options.metrics.distributed.inc(to - from);
    this.#sent += to - from;
    if (last.event !== terminalEvent) return true;
    this.close("done");
    return false;
  }

  /** Reads the log after the cursor until nothing is left above it. */
  async #catchUp(): Promise<void> {
    const feed = this.#feed;
    if (!feed || this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    try {
      while (!this.#isClosed) {
        if (!this.#hasRoom()) return this.#block();
        const page = await feed.readAfter(this.cursor);
        if (this.#isClosed || !(await this.#use(feed, page))) return;
      }
    } catch {
      // the store is away: the connection stays, and the next doubt reads again
      feed.quietSince = 0;
    } finally {
      this.#isReading = false;
    }
  }

  /** True when there is more to read now. */
  async #use(feed: Feed, page: Page): Promise<boolean> {
    if (page.word === "lost") {
      // a store lost entries this reader has; it comes back, is told to forget them, and gets everything
      this.close("log_lost", retryHint(200));
      return false;
    }
    if (page.word === "gone") {
      const ending = await feed.ending();
      if (ending === undefined || this.#isClosed) return false;
      this.#sink?.enqueue(encodeText(frame(ending)));
      this.close("done");
      return false;
    }
    const { entries } = page.batch;
    if (entries.length === 0 || !this.#send(page.batch, 0, entries.length)) return false;
    return !page.isLast || isAbove(feed.top, this.cursor);
  }

  #hasRoom(): boolean {
    return (this.#sink?.desiredSize ?? 0) > 0;
  }

  #block(): void {
    this.#options.metrics.slow.inc();
    this.#blockedSince = this.#now;
  }

  #write(chunk: Bytes): void {
    this.#sink?.enqueue(chunk);
    this.#lastByteAt = this.#now;
  }
}
