import type { Redis } from "ioredis";
import { checkpointPrefix, keys } from "../../shared/keys.ts";
import { checkpoint as limits } from "../../shared/limits.ts";
import type { Claim } from "./claim.ts";
import claimLua from "./claim.lua" with { type: "text" };
import { CheckpointCorrupt } from "./errors.ts";
import forgetLua from "../../shared/lua/forget-thread.lua" with { type: "text" };
import { load } from "./plain-json.ts";
import promoteLua from "./promote.lua" with { type: "text" };
import putLua from "./put.lua" with { type: "text" };
import putWritesLua from "./put-writes.lua" with { type: "text" };
import readLua from "./read.lua" with { type: "text" };
import type { Place, StoredCheckpoint, StoredWrite } from "./record.ts";

type Arg = string | number;
interface CheckpointCommands {
  eco2CpClaim(...args: Arg[]): Promise<string[]>;
  eco2CpPut(...args: Arg[]): Promise<(string | number)[]>;
  eco2CpPutWrites(...args: Arg[]): Promise<string[]>;
  eco2CpRead(...args: Arg[]): Promise<(string | string[])[]>;
  eco2CpPromote(...args: Arg[]): Promise<string>;
  eco2CpForget(...args: Arg[]): Promise<number>;
}
/** A client of the cache store that knows the checkpoint scripts. */
export type CheckpointRedis = Redis & CheckpointCommands;

/** Adds the scripts to a client. */
export function withCheckpointScripts(redis: Redis): CheckpointRedis {
  redis.defineCommand("eco2CpClaim", { numberOfKeys: 1, lua: claimLua });
  redis.defineCommand("eco2CpPut", { numberOfKeys: 6, lua: putLua });
  redis.defineCommand("eco2CpPutWrites", { numberOfKeys: 4, lua: putWritesLua });
  redis.defineCommand("eco2CpRead", { numberOfKeys: 1, lua: readLua });
  redis.defineCommand("eco2CpPromote", { numberOfKeys: 4, lua: promoteLua });
  redis.defineCommand("eco2CpForget", { numberOfKeys: 2, lua: forgetLua });
  return redis as CheckpointRedis;
}

export type Put =
  { readonly word: "put"; readonly n: number } | { readonly word: "stale" | "unclaimed" };

const idPrefix = ({ thread, ns }: Place) => keys.checkpoint(thread, ns, "");
const writesPrefix = ({ thread, ns }: Place) => keys.checkpointWrites(thread, ns, "");

/** Moves the fence to `claim` if it still is what was seen; answers what is there otherwise. */
export async function moveFence(
  redis: CheckpointRedis,
  claim: Claim,
  seen: string,
): Promise<
  { readonly word: "claimed" | "held" } | { readonly word: "other"; readonly there: string }
> {
  const fence = keys.checkpointFence(claim.thread);
  const [word, there = ""] = await redis.eco2CpClaim(fence, claim.token, seen, limits.ttlSeconds);
  if (word === "claimed" || word === "held") return { word };
  return { word: "other", there };
}

/** Stores a checkpoint as the newest, fenced. `least`: the count of this thread is at least there. */
export async function putCheckpoint(
  redis: CheckpointRedis,
  place: Place,
  claim: Claim | undefined,
  stored: Pick<StoredCheckpoint, "id" | "checkpoint" | "metadata" | "parent">,
  kept: number,
): Promise<Put> {
  const { thread, ns } = place;
  const [word, n] = await redis.eco2CpPut(
    keys.checkpointFence(thread),
    keys.checkpoint(thread, ns, stored.id),
    keys.checkpointLatest(thread, ns),
    keys.checkpointHistory(thread, ns),
    keys.checkpointSpaces(thread),
    keys.syncQueue,
    claim?.token ?? "",
    claim?.attempt ?? 0,
    claim?.seen.get(ns) ?? 0,
    limits.ttlSeconds,
    kept,
    idPrefix(place),
    writesPrefix(place),
    thread,
    ns,
    stored.id,
    stored.checkpoint,
    stored.metadata,
    stored.parent,
    encodeURIComponent(ns),
  );
  if (word === "put") return { word, n: Number(n) };
  return { word: word === "unclaimed" ? "unclaimed" : "stale" };
}

/** Stores the writes of one task, fenced. Repeating it changes nothing. */
export async function putTaskWrites(
  redis: CheckpointRedis,
  { thread, ns }: Place,
  claim: Claim | undefined,
  id: string,
  task: string,
  writes: readonly StoredWrite[],
): Promise<"put" | "stale" | "unclaimed"> {
  const [word] = await redis.eco2CpPutWrites(
    keys.checkpointFence(thread),
    keys.checkpointWrites(thread, ns, id),
    keys.checkpointWrites(thread, ns, id, task),
    keys.syncQueue,
    claim?.token ?? "",
    limits.ttlSeconds,
    thread,
    ns,
    id,
    encodeURIComponent(task),
    `w${crypto.randomUUID()}`,
    ...writes.flatMap(({ idx, channel, value }) => [idx, `[${JSON.stringify(channel)},${value}]`]),
  );
  return word === "put" || word === "unclaimed" ? word : "stale";
}

/** Undefined when this store does not have it; `id` undefined asks for the newest. */
export async function readStored(
  redis: CheckpointRedis,
  place: Place,
  id: string | undefined,
): Promise<StoredCheckpoint | undefined> {
  const reply = await redis.eco2CpRead(
    keys.checkpointLatest(place.thread, place.ns),
    id ?? "",
    idPrefix(place),
    writesPrefix(place),
  );
  if (reply.length === 0) return undefined;
  const [found, checkpoint, metadata, parent, n, attempt, ...tasks] = reply;
  const writes: StoredWrite[] = [];
  for (let i = 0; i < tasks.length; i += 2) {
    const task = decodeURIComponent(String(tasks[i]));
    const fields = tasks[i + 1] as string[];
    for (let j = 0; j < fields.length; j += 2) {
      writes.push(writeFrom(task, Number(fields[j]), fields[j + 1] ?? ""));
    }
  }
  return {
    id: String(found),
    checkpoint: String(checkpoint),
    metadata: String(metadata),
    parent: String(parent),
    n: Number(n),
    attempt: Number(attempt),
    writes,
  };
}

function writeFrom(task: string, idx: number, text: string): StoredWrite {
  const pair = load(text);
  if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string") {
    throw new CheckpointCorrupt("not the shape of a write");
  }
  return { task, idx, channel: pair[0], value: JSON.stringify(pair[1]) };
}

/** Brings one back from the copy. */
export async function promote(
  redis: CheckpointRedis,
  { thread, ns }: Place,
  stored: StoredCheckpoint,
  isNewest: boolean,
): Promise<void> {
  await redis.eco2CpPromote(
    keys.checkpoint(thread, ns, stored.id),
    keys.checkpointLatest(thread, ns),
    keys.checkpointHistory(thread, ns),
    keys.checkpointSpaces(thread),
    limits.ttlSeconds,
    encodeURIComponent(ns),
    stored.id,
    stored.checkpoint,
    stored.metadata,
    stored.parent,
    stored.n,
    stored.attempt,
    isNewest ? "newest" : "",
    keys.checkpointWrites(thread, ns, stored.id),
    ...stored.writes.flatMap(({ task, idx, channel, value }) => [
      encodeURIComponent(task),
      idx,
      `[${JSON.stringify(channel)},${value}]`,
    ]),
  );
}

/** Drops a thread here; `fence` too when nobody may be writing it. */
export async function forget(
  redis: CheckpointRedis,
  thread: string,
  andFence: boolean,
): Promise<void> {
  await redis.eco2CpForget(
    keys.checkpointSpaces(thread),
    keys.checkpointFence(thread),
    checkpointPrefix,
    encodeURIComponent(thread),
    andFence ? "fence" : "",
  );
}
