import { closeRedis, openRedis, type RedisUse } from "../shared/clients/redis.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { queuedEvent } from "../shared/contract/build-events.ts";
import { formatEventId, type JobId, newChatId, newJobId, shardOf } from "../shared/contract/ids.ts";
import type { ChatId, UserId } from "../shared/contract/ids.ts";
import { groups, keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import { createLog } from "../shared/log.ts";
import { accept, append, type Attempt, type ScriptedRedis, take } from "../shared/scripts.ts";
import { ensureGroups } from "./groups.ts";
import { createLeases } from "./leases.ts";
import { createHeart } from "./loop.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { relay } from "./relay.ts";

export const quiet = createLog(() => {});
const shardCount = stream.shardCount;
const shards = Array.from({ length: shardCount }, (_, shard) => shard);

/** Closes what a test opened, in reverse order. */
export function closers() {
  const list: (() => unknown)[] = [];
  return {
    add: <T>(value: T, close: (value: T) => unknown): T => {
      list.push(() => close(value));
      return value;
    },
    closeAll: async () => {
      for (const close of list.splice(0).reverse()) await close();
    },
  };
}

export type Closers = ReturnType<typeof closers>;

export function connect(url: string, use: RedisUse, opened: Closers): ScriptedRedis {
  return opened.add(openRedis(url, `test-${use}`, use, quiet), closeRedis);
}

/** Value of a counter or gauge, over the labels given. */
export async function valueOf(
  metric: Metrics["acked"] | Metrics["activeShards"],
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const matching = (await metric.get()).values.filter((value) =>
    Object.entries(labels).every(([name, wanted]) => String(value.labels[name]) === wanted),
  );
  return matching.reduce((sum, { value }) => sum + value, 0);
}

/** One relay replica in this process. */
export async function startReplica(streamsUrl: string, pubsubUrl: string, holder: string) {
  const opened = closers();
  const reads = connect(streamsUrl, "blocking", opened);
  const store = connect(streamsUrl, "store", opened);
  const leasing = connect(streamsUrl, "store", opened);
  const live = connect(pubsubUrl, "store", opened);
  await ensureGroups(store, shardCount, quiet);
  const metrics = createMetrics();
  const wanted = shards.map((shard) => keys.shardLease(shard));
  const leases = createLeases({ redis: leasing, wanted, holder, clock, log: quiet });
  const stop = new AbortController();
  const heart = createHeart(clock);
  const deps = { reads, store, live, leases, shardCount, heart, metrics, clock, log: quiet };
  const loops = [leases.keep(stop.signal), relay(deps, stop.signal)];
  return {
    metrics,
    heart,
    reads,
    owned: () => shards.filter((shard) => leases.isOurs(keys.shardLease(shard))).length,
    stop: async () => {
      stop.abort();
      await Promise.all(loops);
      await leases.release();
      await opened.closeAll();
    },
  };
}

export interface TestJob {
  readonly jobId: JobId;
  readonly chatId: ChatId;
  readonly userId: UserId;
  readonly shard: number;
  attempt: Attempt;
  n: number;
}

/** An accepted job that a worker took. */
export async function startJob(redis: ScriptedRedis, chatId = newChatId()): Promise<TestJob> {
  const accepted = await acceptJob(redis, chatId);
  const taken = await take(redis, { ...accepted, worker: "w", redelivered: false, record: {} });
  if (taken.word !== "taken") throw new Error(`not taken: ${taken.word}`);
  return { ...accepted, attempt: taken, n: 0 };
}

export async function acceptJob(redis: ScriptedRedis, chatId = newChatId()) {
  const jobId = newJobId();
  const userId = newJobId() as string as UserId;
  const shard = shardOf(jobId, shardCount);
  const accepted = await accept(redis, {
    jobId,
    chatId,
    userId,
    message: "페트병 어떻게 버려?",
    imageUrl: null,
    submittedAt: new Date().toISOString(),
    queuedData: queuedEvent(jobId, "1.00", "%POSITION%"),
    envelope: JSON.stringify({ kwargs: { job_id: jobId } }),
    shard,
    doubleTexting: "enqueue",
    idempotency: undefined,
  });
  if (accepted.word !== "accepted") throw new Error(`not accepted: ${accepted.word}`);
  return { jobId, chatId, userId, shard, outboxId: accepted.outboxId };
}

/** Appends events by name; `done` ends the job. `internal` goes with the last one. */
export async function emit(
  redis: ScriptedRedis,
  job: TestJob,
  events: readonly string[],
  internal = "",
): Promise<void> {
  const first = { attempt: job.attempt.attempt, n: job.n + 1 };
  const entries = events.map((event, i) => {
    const id = formatEventId({ ...first, n: first.n + i });
    const data = JSON.stringify({ job_id: job.jobId, stream_id: id, stage: event });
    return { event, data, internal: i === events.length - 1 ? internal : "" };
  });
  const word = await append(redis, {
    jobId: job.jobId,
    chatId: job.chatId,
    shard: job.shard,
    first,
    entries,
    ending: events.at(-1) === "done" ? "completed" : undefined,
    lastTokenSeq: 1000 + first.n,
    progress: 50,
    snapshot: undefined,
  });
  if (word !== "appended") throw new Error(word);
  job.n += events.length;
}

/** Ids of a job's log, in order. */
export async function logOf(redis: ScriptedRedis, jobId: JobId): Promise<string[]> {
  return (await redis.xrange(keys.log(jobId), "-", "+")).map(([id]) => id);
}

/**
 * Everything published of every job from now on, as a reader keeps it: only ids above what it has. Of every job,
 * because the first line of one is published as soon as it is accepted, before a test could ask for it by name.
 */
export async function listen(pubsubUrl: string, opened: Closers) {
  const redis = connect(pubsubUrl, "subscriber", opened);
  const raw = new Map<string, string[]>();
  redis.on("pmessage", (_pattern: string, channel: string, message: string) => {
    const lines = raw.get(channel) ?? [];
    raw.set(channel, lines);
    lines.push(...message.split("\n"));
  });
  await redis.psubscribe(keys.live("*" as JobId));
  const order = (id: string) => id.split("-").map(Number) as [number, number];
  return {
    lines: (jobId: JobId) => raw.get(keys.live(jobId)) ?? [],
    ids: (jobId: JobId): string[] => {
      const kept: string[] = [];
      for (const line of raw.get(keys.live(jobId)) ?? []) {
        const id = line.slice(0, line.indexOf(" "));
        const [a, n] = order(id);
        const [lastA, lastN] = order(kept.at(-1) ?? "0-0");
        if (a > lastA || (a === lastA && n > lastN)) kept.push(id);
      }
      return kept;
    },
  };
}

/** Entries that a group has read and not acknowledged, over all shards. */
export async function pendingOf(
  redis: ScriptedRedis,
  group: string = groups.relay,
): Promise<number> {
  const counts = await Promise.all(
    shards.map(async (shard) => Number((await redis.xpending(keys.shard(shard), group))[0])),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
