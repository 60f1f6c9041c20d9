import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { groups, keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { startRedis, type TestRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import type { RawEntry } from "./batch.ts";
import { ensureGroups } from "./groups.ts";
import { relayConsumer } from "./relay-reads.ts";
import { closers, connect, pendingOf, quiet, startReplica } from "./test-rig.ts";

/** Two stores for a file of relay tests, emptied before each; call inside `describe`. */
export function relayRig() {
  let streams: TestRedis;
  let pubsub: TestRedis;
  let redis: ScriptedRedis;
  let opened = closers();
  beforeAll(async () => {
    [streams, pubsub] = await Promise.all([startRedis(), startRedis()]);
  });
  afterAll(() => Promise.all([streams.stop(), pubsub.stop()]));
  beforeEach(async () => {
    opened = closers();
    redis = connect(streams.url, "store", opened);
    await redis.flushall();
    await ensureGroups(redis, stream.shardCount, quiet);
  });
  afterEach(() => opened.closeAll());

  const replica = async (holder = "a") =>
    opened.add(await startReplica(streams.url, pubsub.url, holder), (one) => one.stop());
  const allAcked = () =>
    until(async () => (await pendingOf(redis)) === 0 && (await unread()) === 0, {
      what: "everything to be acknowledged",
      timeoutMs: 10_000,
    });
  const unread = async () => {
    let lag = 0;
    for (let shard = 0; shard < stream.shardCount; shard++) {
      const infos = (await redis.xinfo("GROUPS", keys.shard(shard))) as unknown[][];
      const info = infos.find((one) => one.includes(groups.relay)) ?? [];
      lag += Number(info[info.indexOf("lag") + 1]);
    }
    return lag;
  };
  /** Reads new entries as some relay would that then dies. */
  const readOnly = async (shard: number, count: number, consumer = relayConsumer) => {
    const reply = (await redis.xreadgroup(
      "GROUP",
      groups.relay,
      consumer,
      "COUNT",
      count,
      "STREAMS",
      keys.shard(shard),
      ">",
    )) as [string, RawEntry[]][] | null;
    return reply?.[0]?.[1] ?? [];
  };

  return {
    replica,
    allAcked,
    readOnly,
    opened: () => opened,
    redis: () => redis,
    streams: () => streams,
    pubsub: () => pubsub,
  };
}
