import { quota } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import type { AskShared } from "./shared-store.ts";

/** Gives a stream's place back. Runs once, however often it is called. */
export type GiveBack = () => void;

/**
 * Places for the open streams of a user, or the sockets of a room: counted here, and across all gateways while
 * Redis-P answers. A place lives on its renewals, so what a dead gateway held comes back by itself.
 */
export class Slots<Owner extends string> {
  readonly #byOwner = new Map<Owner, Set<string>>();
  readonly #ask: AskShared;
  readonly #max: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  readonly #keyOf: (owner: Owner) => string;

  constructor(ask: AskShared, max: number, keyOf: (owner: Owner) => string) {
    this.#ask = ask;
    this.#max = max;
    this.#keyOf = keyOf;
  }

  /** Owners of places here. */
  get size(): number {
    return this.#byOwner.size;
  }

  /** Undefined when the owner has as many as one may have. */
  async take(owner: Owner): Promise<GiveBack | undefined> {
    const own = this.#byOwner.get(owner) ?? new Set();
    if (own.size >= this.#max) return undefined;
    const id = crypto.randomUUID();
    own.add(id); // before anything is awaited: many at once must see each other
    this.#byOwner.set(owner, own);
    this.#timer ??= setInterval(() => void this.#renew(), quota.slotRenewMs);
    const word = await this.#ask((redis) => this.#hold(redis, owner, id));
    const giveBack = () => this.#drop(owner, own, id);
    if (word !== "full") return giveBack;
    giveBack();
    return undefined;
  }

  #hold(redis: ScriptedRedis, owner: Owner, id: string): Promise<string> {
    return redis.eco2HoldSlot(this.#keyOf(owner), id, quota.slotLeaseMs, this.#max);
  }

  #drop(owner: Owner, own: Set<string>, id: string): void {
    if (!own.delete(id)) return;
    if (own.size === 0) this.#byOwner.delete(owner);
    if (this.#byOwner.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    void this.#ask((redis) => redis.zrem(this.#keyOf(owner), id));
  }

  async #renew(): Promise<void> {
    const held = [...this.#byOwner].flatMap(([owner, ids]) =>
      [...ids].map((id) => ({ owner, id })),
    );
    await this.#ask((redis) =>
      Promise.all(held.map(({ owner, id }) => this.#hold(redis, owner, id))),
    );
  }
}
