import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
  WRITES_IDX_MAP,
} from "@langchain/langgraph-checkpoint";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { checkpoint as limits } from "../../shared/limits.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { Claim } from "./claim.ts";
import { CheckpointStale, reach } from "./errors.ts";
import { dump, plainSerializer } from "./plain-json.ts";
import { copiedCount, copiedIds, copiedSpaces, dropCopies, readCopy } from "./postgres-store.ts";
import { configOf, type Place, type StoredCheckpoint, tupleOf } from "./record.ts";
import * as store from "./redis-store.ts";

export interface SaverOptions {
  readonly redis: store.CheckpointRedis;
  readonly sql: Sql;
  /** Told after every write: the copy has something to do. */
  readonly onQueued?: () => void;
  /** Told when Redis had nothing: found in PostgreSQL, or nowhere, and how long that took. */
  readonly onMiss?: (found: boolean, seconds: number) => void;
  readonly keptInRedis?: number;
}

/** Claims may lose the fence to somebody who loses it in turn. */
const claimTries = 5;
/** What may stand in an id; a colon would end the key it is part of. */
const idPattern = /^[\w.-]{1,128}$/;

/**
 * LangGraph checkpoints: Redis first, copied to PostgreSQL behind, read through on a miss. Throws
 * `CheckpointUnreachable` when a store does not answer (never "there is none"), `CheckpointStale` when another
 * attempt has the thread, `CheckpointCorrupt` when what is stored is not plain data of the right shape. Writers
 * bring a `Claim` in `configurable.claim`; one without writes only threads that nobody ever claimed.
 */
export class CheckpointSaver extends BaseCheckpointSaver<string> {
  readonly #redis: store.CheckpointRedis;
  readonly #sql: Sql;
  readonly #options: SaverOptions;

  constructor(options: SaverOptions) {
    super(plainSerializer);
    this.#redis = options.redis;
    this.#sql = options.sql;
    this.#options = options;
  }

  /**
   * Makes an attempt the only writer of its thread. The fence moves only if it still is what it was before the
   * attempt proved to be the living one, so no clock has a say. Throws `CheckpointStale`.
   */
  async claim(claim: Claim): Promise<void> {
    const fence = keys.checkpointFence(claim.thread);
    let seen = (await reach("read", () => this.#redis.get(fence))) ?? "";
    for (let tries = 0; tries < claimTries; tries++) {
      if (seen !== claim.token && !(await reach("read", claim.isLive))) throw new CheckpointStale();
      const moved = await reach("write", () => store.moveFence(this.#redis, claim, seen));
      if (moved.word !== "other") return;
      seen = moved.there;
    }
    throw new CheckpointStale();
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const place = placeOf(config);
    const claim = claimOf(config);
    const id = idOf(config);
    if (claim?.first && id === undefined) {
      const { tuple } = claim.first;
      claim.first = undefined;
      return tuple;
    }
    const { stored, isCold } = await this.#read(place, id);
    if (claim && id === undefined) {
      claim.wasCold ||= isCold;
      claim.note(place.ns, stored?.n ?? 0);
    }
    return stored && tupleOf(place, stored);
  }

  /** The newest first. Throws `VALIDATION_ERROR` without a thread: nobody reads all chats. */
  override async *list(
    config: RunnableConfig,
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    const { thread } = placeOf(config);
    const ns = config.configurable?.["checkpoint_ns"] as string | undefined;
    const spaces = ns === undefined ? await this.#spaces(thread) : [ns];
    const only = idOf(config);
    const before = options.before && idOf(options.before);
    let left = options.limit ?? Infinity;
    for (const space of spaces) {
      const place = { thread, ns: space };
      for (const id of await this.#ids(place)) {
        if (left <= 0) return;
        if ((only !== undefined && id !== only) || (before !== undefined && id >= before)) continue;
        const { stored } = await this.#read(place, id);
        if (!stored) continue;
        const tuple = tupleOf(place, stored);
        if (!matches(tuple.metadata, options.filter)) continue;
        left--;
        yield tuple;
      }
    }
  }

  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    _newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const place = placeOf(config);
    const claim = claimOf(config);
    const stored = {
      id: checkedId(checkpoint.id),
      checkpoint: dump(checkpoint),
      metadata: dump(metadata),
      parent: idOf(config) ?? "",
    };
    const kept = this.#options.keptInRedis ?? limits.keptInRedis;
    const put = await this.#fenced(claim, () =>
      store.putCheckpoint(this.#redis, place, claim, stored, kept),
    );
    if (put.word === "put") claim?.note(place.ns, put.n);
    this.#options.onQueued?.();
    return configOf(place, checkpoint.id);
  }

  async putWrites(config: RunnableConfig, writes: PendingWrite[], task: string): Promise<void> {
    const place = placeOf(config);
    const claim = claimOf(config);
    const id = idOf(config);
    if (id === undefined) throw new AppError("VALIDATION_ERROR", { detail: "no checkpoint_id" });
    const stored = writes.map(([channel, value], nth) => {
      return { task, idx: WRITES_IDX_MAP[channel] ?? nth, channel, value: dump(value) };
    });
    await this.#fenced(claim, async () => ({
      word: await store.putTaskWrites(this.#redis, place, claim, id, task, stored),
    }));
    this.#options.onQueued?.();
  }

  async deleteThread(thread: string): Promise<void> {
    await reach("write", () => store.forget(this.#redis, thread, true));
    await reach("write", () => dropCopies(this.#sql, thread));
  }

  /** Drops what Redis holds of a thread, so that the copy is read; for what proved corrupt. */
  async discardCached(thread: string): Promise<void> {
    await reach("write", () => store.forget(this.#redis, thread, false));
  }

  /** How many checkpoints of a thread were written when the newest copy was made; for one that cannot be read. */
  countCopied(thread: string): Promise<number> {
    return reach("read", () => copiedCount(this.#sql, thread));
  }

  /**
   * `<count>.<random>`: rises like a number, and two runs that go on from the same checkpoint never give the same
   * version to different values, so that a copied value is never taken for another.
   */
  override getNextVersion(current: string | undefined): string {
    const next = current === undefined ? 1 : Number.parseInt(String(current), 10) + 1;
    const random = Math.floor(Math.random() * 2 ** 32);
    return `${String(next).padStart(12, "0")}.${random.toString(16).padStart(8, "0")}`;
  }

  async #read(
    place: Place,
    id: string | undefined,
  ): Promise<{ stored: StoredCheckpoint | undefined; isCold: boolean }> {
    const cached = await reach("read", () => store.readStored(this.#redis, place, id));
    if (cached) return { stored: cached, isCold: false };
    const beganMs = performance.now();
    const copy = await reach("read", () => readCopy(this.#sql, place, id));
    if (copy) await reach("read", () => store.promote(this.#redis, place, copy, copy.isNewest));
    this.#options.onMiss?.(copy !== undefined, (performance.now() - beganMs) / 1000);
    return { stored: copy, isCold: true };
  }

  /** A fence that Redis lost is put up again, by who proves to be alive. */
  async #fenced<Word extends { readonly word: string }>(
    claim: Claim | undefined,
    write: () => Promise<Word>,
  ): Promise<Word> {
    for (let tries = 0; tries < claimTries; tries++) {
      const done = await reach("write", write);
      if (done.word === "put") return done;
      if (done.word !== "unclaimed" || !claim) break;
      await this.claim(claim);
    }
    throw new CheckpointStale();
  }

  async #spaces(thread: string): Promise<string[]> {
    const [here, copied] = await Promise.all([
      reach("read", () => this.#redis.smembers(keys.checkpointSpaces(thread))),
      reach("read", () => copiedSpaces(this.#sql, thread)),
    ]);
    return [...new Set([...here.map(decodeURIComponent), ...copied])].sort();
  }

  async #ids(place: Place): Promise<string[]> {
    const { thread, ns } = place;
    const [here, copied] = await Promise.all([
      reach("read", () => this.#redis.zrange(keys.checkpointHistory(thread, ns), "0", "-1")),
      reach("read", () => copiedIds(this.#sql, place)),
    ]);
    return [...new Set([...here, ...copied])].sort().reverse();
  }
}

function placeOf({ configurable }: RunnableConfig): Place {
  const thread: unknown = configurable?.["thread_id"];
  const ns: unknown = configurable?.["checkpoint_ns"] ?? "";
  if (typeof thread !== "string" || thread === "" || typeof ns !== "string") {
    throw new AppError("VALIDATION_ERROR", { detail: "a checkpoint needs a thread_id" });
  }
  return { thread, ns };
}

function checkedId(id: string): string {
  if (!idPattern.test(id)) throw new AppError("VALIDATION_ERROR", { detail: "bad checkpoint_id" });
  return id;
}

function idOf({ configurable }: RunnableConfig): string | undefined {
  const id: unknown = configurable?.["checkpoint_id"];
  return typeof id === "string" && id !== "" ? checkedId(id) : undefined;
}

function claimOf({ configurable }: RunnableConfig): Claim | undefined {
  const claim: unknown = configurable?.["claim"];
  return claim instanceof Claim ? claim : undefined;
}

function matches(metadata: unknown, filter: CheckpointListOptions["filter"]): boolean {
  const held = metadata as Record<string, unknown>;
  return Object.entries(filter ?? {}).every(([key, value]) => Bun.deepEquals(held[key], value));
}
