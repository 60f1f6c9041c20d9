import type { AMQPChannel } from "@cloudamqp/amqp-client";
import type { Redis } from "ioredis";
import * as v from "valibot";
import { hearFanout } from "../../shared/clients/hear-fanout.ts";
import { type Clock, pause } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { auth } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import { isReadyWithin, within } from "../stores.ts";

/** A message of the fanout; fields nobody here needs are left out. */
const Revoked = v.object({
  type: v.picklist(["add", "remove"]),
  jti: v.string(),
  expires_at: v.optional(v.pipe(v.string(), v.isoTimestamp()), "1970-01-01T00:00:00Z"),
});

export interface RevokedToken {
  readonly jti: string;
  /** Seconds since 1970 at which it ends by itself. */
  readonly exp: number;
}

interface Options {
  /** Redis-S. */
  readonly redis: Redis;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The revoked tokens, in memory. Two ways lead here: the broker's fanout at once, and the log in Redis-S, which is
 * read at the start and every second from where it was left. Either may be away; when both are, or the log was
 * never read, `ensure` lets nobody pass.
 */
export class Revocations {
  /** jti → wall ms at which the token ends by itself. */
  readonly #expiries = new Map<string, number>();
  readonly #options: Options;
  /** Where the log was left. */
  #lastId = "-";
  #readAt = Number.NEGATIVE_INFINITY;
  #feed: { channel: AMQPChannel; since: number } | undefined;
  #unwritten: RevokedToken[] = [];
  #reading: Promise<void> | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  get size(): number {
    return this.#expiries.size;
  }

  /** Of a token, or of the session it belongs to. */
  isRevoked(jti: string, session?: string): boolean {
    return this.#expiries.has(jti) || (session !== undefined && this.#expiries.has(session));
  }

  /** True while what is here is what was revoked. */
  isFresh(): boolean {
    if (this.#options.clock.monotonicMs() - this.#readAt < auth.revocationsStaleMs) return true;
    const feed = this.#feed;
    return feed !== undefined && !feed.channel.closed && this.#readAt >= feed.since;
  }

  /** Reads the log when what is here is too old. Throws `UNAVAILABLE` when that fails. */
  async ensure(): Promise<void> {
    try {
      await within(auth.revocationsWaitMs, this.read(), "the list of revoked tokens");
    } catch (cause) {
      throw new AppError("UNAVAILABLE", { retryAfterSeconds: 2, cause });
    }
  }

  /** Reads the log from where it was left. Throws what Redis throws. */
  read(): Promise<void> {
    return (this.#reading ??= this.#readOn().finally(() => (this.#reading = undefined)));
  }

  /** Reads the log every second, until the signal. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.read().catch(() => undefined);
      await this.#writeOutstanding().catch(() => undefined);
      this.#sweep();
      await pause(auth.revocationsPollMs, signal);
    }
  }

  /** Takes the fanout's messages, as long as the channel lives. Throws `START_CHECK_FAILED` without exchange. */
  async listen(channel: AMQPChannel, exchange: string): Promise<void> {
    const own = await hearFanout(channel, exchange, (body) => this.#onMessage(body));
    this.#feed = { channel: own, since: this.#options.clock.monotonicMs() };
    this.read().catch(() => undefined); // what came before the queue was bound
  }

  /** Takes a token's rights here, at once. */
  add(jti: string, expiresAtMs: number): void {
    this.#expiries.set(jti, expiresAtMs);
  }

  /** Keeps a revocation for every process, also those that start later. Throws what Redis throws. */
  async write({ jti, exp }: RevokedToken): Promise<void> {
    const { redis, clock } = this.#options;
    if (redis.status !== "ready") throw new AppError("UNAVAILABLE");
    const oldest = clock.wallMs() - auth.maxTokenSeconds * 1000;
    await redis.xadd(keys.revocations, "MINID", "~", oldest, "*", "jti", jti, "exp", exp);
  }

  /** Keeps it as soon as Redis takes it. */
  writeLater(token: RevokedToken): void {
    this.#unwritten.push(token);
  }

  async #writeOutstanding(): Promise<void> {
    for (let next = this.#unwritten[0]; next; next = this.#unwritten[0]) {
      await this.write(next);
      this.#unwritten.shift();
    }
  }

  #onMessage(body: string | null): void {
    const message = v.safeParse(v.pipe(v.string(), v.parseJson(), Revoked), body);
    if (!message.success) {
      this.#options.log.warn("revocation not readable");
      return;
    }
    const { type, jti, expires_at: expiresAt } = message.output;
    if (type === "remove") this.#expiries.delete(jti);
    else this.add(jti, Date.parse(expiresAt) + auth.leewaySeconds * 1000);
  }

  async #readOn(): Promise<void> {
    const { redis, clock } = this.#options;
    if (!(await isReadyWithin(redis, auth.revocationsWaitMs))) throw new AppError("UNAVAILABLE");
    for (;;) {
      const startedAt = clock.monotonicMs();
      const from = this.#lastId === "-" ? "-" : `(${this.#lastId}`;
      const entries = await redis.xrange(keys.revocations, from, "+", "COUNT", pageEntries);
      for (const [id, fields] of entries) {
        this.#lastId = id;
        const [, jti = "", , exp = "0"] = fields;
        if (exp === "0") this.#expiries.delete(jti);
        else this.add(jti, (Number(exp) + auth.leewaySeconds) * 1000);
      }
      this.#readAt = startedAt;
      if (entries.length < pageEntries) return;
    }
  }

  /** Tokens that ended by themselves are refused anyway. */
  #sweep(): void {
    const now = this.#options.clock.wallMs();
    for (const [jti, expiresAtMs] of this.#expiries)
      if (expiresAtMs <= now) this.#expiries.delete(jti);
  }
}

const pageEntries = 5000;
