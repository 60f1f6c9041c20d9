import type { EventId, JobId } from "../../shared/contract/ids.ts";
import { sse } from "../../shared/limits.ts";
import type { Batch } from "./batch.ts";
import { follows, isAbove, logStart, placeOf, terminalEvent } from "./entry.ts";
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

/** Where a reader's bytes go: the part of a direct stream's controller it uses (Bun). */
export interface Sink {
  /** Takes the bytes; a promise when the socket is full, which settles once it takes more. */
  write(chunk: Bytes): number | Promise<number>;
  flush(): number | Promise<number> | undefined;
  /** Throws when it was ended before. */
  end(): unknown;
}

interface Opening {
  readonly text: string;
  readonly cursor: EventId;
  readonly isEnded: boolean;
}

/** What all readers of a process share. */
export interface ReaderOwner {
  readonly metrics: SseMetrics;
  /** Runs once per reader, whoever closes it. */
  forget(reader: Reader, reason: CloseReason): void;
}

/** What a reader remembers of its request: nothing more, it lives as long as the connection. */
export interface ReaderTerms {
  readonly jobId: JobId;
  /** Monotonic ms at which its token has run out for good. */
  readonly expiresAt: number;
  /** Its token was revoked since. */
  readonly isRevoked: () => boolean;
  /** Its age is no reason to close it. */
  readonly staysOpen: boolean;
  /** Sets the connection's idle limit, 0 for none. */
  readonly setIdleSeconds: (seconds: number) => void;
  /** Runs once it is closed. */
  readonly onClosed: (() => void) | undefined;
}

/**
 * One open SSE connection: a cursor on a job log. Holds no events of its own.
 * - opening: until the server asks for its bytes; hints pass by, as while reading;
 * - live: takes a hint that directly follows its cursor, drops what it has, goes to the log for anything else;
 * - reading: the log after the cursor is being read; hints pass by, `feed.top` remembers how far they went;
 * - blocked: the socket takes nothing; the cursor stays, and the log is read once it does again;
 * - closed: after `done`, or for one of the other reasons. Entered from everywhere, never left.
 *
 * It is itself the source of the response's stream: closures over the request and its opening would keep those for
 * as long as the connection lives: 51 kB each at 2,000 readers with them, 9 kB at 9,000 without (2026-11-21).
 */
export class Reader implements FeedReader {
  cursor: EventId = logStart;
  readonly type = "direct";
  #feed: Feed | undefined;
  /** What it sends first; gone once it is sent. */
  #opening: Opening | undefined;
  #sink: Sink | undefined;
  /** Tells the server that it is closed: a direct stream lasts until then. */
  #hasEnded: (() => void) | undefined;
  /** The socket did not take all of the last chunk. */
  #isFull = false;
  #isReading = true;
  #isClosed = false;
  /** Monotonic ms since when the socket takes nothing; undefined while it does. */
  #blockedSince: number | undefined;
  #sent = 0;
  #lastByteAt: number;
  #lastEventAt: number;
  #now: number;
  readonly #owner: ReaderOwner;
  readonly terms: ReaderTerms;
  /** Monotonic ms. */
  readonly openedAt: number;

  constructor(owner: ReaderOwner, terms: ReaderTerms, now: number) {
    this.#owner = owner;
    this.terms = terms;
    this.openedAt = now;
    this.#now = now;
    this.#lastByteAt = now;
    this.#lastEventAt = now;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Log entries written one by one; what it got at its opening does not count. */
  get sent(): number {
    return this.#sent;
  }

  /** What a new reader gets first, and where it goes on from. */
  begin(feed: Feed, opening: Opening): void {
    this.#feed = feed;
    this.#opening = opening;
  }

  /** The server is there for its bytes; called once. */
  pull(sink: Sink): Promise<void> {
    const [feed, opening] = [this.#feed, this.#opening];
    this.#opening = undefined;
    this.#sink = sink;
    if (this.#isClosed) this.#end(opening?.text ?? "");
    else if (feed && opening) {
      this.#isReading = false;
      this.cursor = placeOf(opening.cursor);
      this.#write(encodeText(opening.text));
      if (opening.isEnded) this.close("done");
      else if (isAbove(feed.top, this.cursor)) void this.#catchUp();
    }
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => (this.#hasEnded = resolve));
  }

  /** The client went away. */
  cancel(): void {
    this.close("client_gone");
  }

  onNews(batch: Batch): void {
    if (this.#isClosed || this.#isReading || this.#blockedSince !== undefined) return;
    this.#take(batch, () => {
      this.#owner.metrics.gapReads.inc();
      void this.#catchUp();
    });
  }

  onDoubt(): void {
    if (this.#blockedSince === undefined) void this.#catchUp();
  }

  /** Keepalives and the ends that come by time. `keepalive` is the event of this tick. */
  onTick(now: number, keepalive: () => Bytes): void {
    this.#now = now;
    if (this.#isClosed) return;
    const { staysOpen, expiresAt } = this.terms;
    const isOld = now - this.openedAt >= sse.maxOpenMs;
    if (isOld && !staysOpen) return this.close("timeout", timeoutEvent());
    if (now >= expiresAt) return this.close("token_expired");
    if (this.terms.isRevoked()) return this.close("token_revoked");
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
    if (reason === "client_gone") this.#hasEnded?.();
    else if (this.#sink) this.#end(last);
    else if (this.#opening) this.#opening = { ...this.#opening, text: this.#opening.text + last };
    this.#owner.forget(this, reason);
  }

  #end(last: string): void {
    if (last !== "") void this.#sink?.write(encodeText(last));
    this.#sink?.end();
    this.#hasEnded?.();
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
    this.cursor = placeOf(last);
    this.#owner.metrics.distributed.inc(to - from);
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
      this.close("done", frame(ending));
      return false;
    }
    const { entries } = page.batch;
    if (entries.length === 0 || !this.#send(page.batch, 0, entries.length)) return false;
    return !page.isLast || isAbove(feed.top, this.cursor);
  }

  #hasRoom(): boolean {
    return this.#sink !== undefined && !this.#isFull;
  }

  #block(): void {
    this.#owner.metrics.slow.inc();
    this.#blockedSince = this.#now;
  }

  #write(chunk: Bytes): void {
    if (!this.#sink) return;
    const [written, flushed] = [this.#sink.write(chunk), this.#sink.flush()];
    this.#lastByteAt = this.#now;
    const full = written instanceof Promise ? written : flushed;
    if (!(full instanceof Promise)) return;
    this.#isFull = true;
    full.then(
      () => this.#onDrain(),
      () => {}, // the client went away: `cancel` says so
    );
  }

  /** The socket takes bytes again. */
  #onDrain(): void {
    this.#isFull = false;
    if (this.#blockedSince === undefined) return;
    this.#blockedSince = undefined;
    void this.#catchUp();
  }
}
