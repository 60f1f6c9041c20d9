import type { Redis } from "ioredis";
import { type Clock, pause } from "../../shared/clock.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { sse } from "../../shared/limits.ts";
import { stageLabel } from "../../shared/contract/stages.ts";
import type { Span, Tracing } from "../../shared/trace.ts";
import { parseHint } from "./entry.ts";
import { Feed, type FeedReader } from "./feed.ts";
import type { LogReader } from "./log-reader.ts";
import type { SseMetrics } from "./metrics.ts";
import { traceHint } from "./trace-hints.ts";

interface FanoutOptions {
  /** A connection of its own: it only subscribes. */
  readonly subscriber: Redis;
  readonly logs: LogReader;
  readonly metrics: SseMetrics;
  readonly tracing: Tracing;
  readonly clock: Clock;
}

/** How long a new reader waits for its subscription: hints speed things up, they are not needed. */
const subscribeWaitMs = 300;

/** One Redis subscriber, many jobs: channels are counted, the last reader of a job unsubscribes. */
export class Fanout {
  readonly #feeds = new Map<string, Feed>();
  readonly #options: FanoutOptions;
  #due: Feed[] = [];
  #spans: Span[] = [];

  constructor(options: FanoutOptions) {
    this.#options = options;
    options.subscriber.on("message", this.#onMessage);
    options.subscriber.on("ready", this.#onReady);
  }

  /** How many jobs have readers here; one channel each. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Joins a job's feed and waits, shortly, until its channel is subscribed. Never throws. */
  async join(jobId: JobId, reader: FeedReader): Promise<Feed> {
    const channel = keys.live(jobId);
    let feed = this.#feeds.get(channel);
    if (!feed) {
      feed = new Feed(jobId, this.#options.logs, this.#options.clock.monotonicMs());
      const observe = this.#options.metrics.subscribeSeconds.startTimer();
      feed.subscribed = this.#options.subscriber.subscribe(channel).then(
        () => observe(),
        () => undefined,
      );
      this.#feeds.set(channel, feed);
    }
    feed.readers.add(reader);
    const waiting = new AbortController();
    await Promise.race([feed.subscribed, pause(subscribeWaitMs, waiting.signal)]);
    waiting.abort();
    return feed;
  }

  leave(jobId: JobId, reader: FeedReader): void {
    const channel = keys.live(jobId);
    const feed = this.#feeds.get(channel);
    if (!feed?.readers.delete(reader) || feed.readers.size > 0) return;
    this.#feeds.delete(channel);
    // in order behind the subscribe on the same connection; a reader that joins next subscribes again
    this.#options.subscriber.unsubscribe(channel).catch(() => undefined);
  }

  /** Sends the readers of every job that was silent for too long to the log. One check per job. */
  checkSilence(now: number): void {
    for (const feed of this.#feeds.values()) {
      if (now - feed.quietSince < sse.silenceMs) continue;
      feed.quietSince = now;
      this.#options.metrics.silenceReads.inc();
      for (const reader of feed.readers) reader.onDoubt();
    }
  }

  /** Sends every reader to the log: hints may have been lost. */
  doubtAll(): void {
    for (const feed of this.#feeds.values()) for (const reader of feed.readers) reader.onDoubt();
  }

  close(): void {
    this.#options.subscriber.off("message", this.#onMessage);
    this.#options.subscriber.off("ready", this.#onReady);
  }

  readonly #onReady = () => this.doubtAll();

  readonly #onMessage = (channel: string, message: string) => {
    const feed = this.#feeds.get(channel);
    if (!feed) return;
    const { metrics, tracing } = this.#options;
    const entries = parseHint(message);
    metrics.hints.inc();
    for (const { event } of entries) metrics.received.inc({ stage: stageLabel(event) });
    this.#spans.push(...traceHint(tracing, feed.jobId, message, entries));
    if (!feed.gather(entries)) return;
    // messages of one socket read come in one tick: they leave as one chunk
    if (this.#due.push(feed) === 1) queueMicrotask(this.#deliver);
  };

  readonly #deliver = () => {
    const due = this.#due;
    this.#due = [];
    const now = this.#options.clock.monotonicMs();
    for (const feed of due) feed.deliver(now);
    for (const span of this.#spans.splice(0)) span.end();
  };
}
