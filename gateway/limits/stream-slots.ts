import type { UserId } from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { quota } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import type { AskShared } from "./shared-store.ts";

/** Gives a stream's place back. Runs once, however often it is called. */
export type GiveBack = () => void;

/**
 * Places for the open streams of a user: counted here, and across all gateways while Redis-P answers. A place
 * lives on its renewals, so what a dead gateway held comes back by itself.
 */
export class StreamSlots {
  readonly #byUser = new Map<UserId, Set<string>>();
  readonly #ask: AskShared;
  readonly #max: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(ask: AskShared, max: number) {
    this.#ask = ask;
    this.#max = max;
  }

  /** Users with open streams here. */
  get size(): number {
    return this.#byUser.size;
  }

  /** Undefined when the user has as many streams as one may have. */
  async take(userId: UserId): Promise<GiveBack | undefined> {
    const own = this.#byUser.get(userId) ?? new Set();
    if (own.size >= this.#max) return undefined;
    const id = crypto.randomUUID();
    own.add(id); // before anything is awaited: many at once must see each other
    this.#byUser.set(userId, own);
    this.#timer ??= setInterval(() => void this.#renew(), quota.slotRenewMs);
    const word = await this.#ask((redis) => this.#hold(redis, userId, id));
    const giveBack = () => this.#drop(userId, own, id);
    if (word !== "full") return giveBack;
    giveBack();
    return undefined;
  }

  #hold(redis: ScriptedRedis, userId: UserId, id: string): Promise<string> {
    return redis.eco2HoldSlot(keys.userStreams(userId), id, quota.slotLeaseMs, this.#max);
  }

  #drop(userId: UserId, own: Set<string>, id: string): void {
    if (!own.delete(id)) return;
    if (own.size === 0) this.#byUser.delete(userId);
    if (this.#byUser.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    void this.#ask((redis) => redis.zrem(keys.userStreams(userId), id));
  }

  async #renew(): Promise<void> {
    const held = [...this.#byUser].flatMap(([userId, ids]) =>
      [...ids].map((id) => ({ userId, id })),
    );
    await this.#ask((redis) =>
      Promise.all(held.map(({ userId, id }) => this.#hold(redis, userId, id))),
    );
  }
}
