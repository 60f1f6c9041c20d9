import { createLeases } from "../../router/leases.ts";
import { createHeart } from "../../router/loop.ts";
import { createMetrics } from "../../router/metrics.ts";
import { persist } from "../../router/persist.ts";
import { relay } from "../../router/relay.ts";
import { openPostgres } from "../../shared/clients/postgres.ts";
import { openRedis } from "../../shared/clients/redis.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { groups, keys } from "../../shared/keys.ts";
import { stream } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { until } from "../../shared/testing/until.ts";
import { consumer, quiet } from "./pipes.ts";

const { shardCount } = stream;
const shards = Array.from({ length: shardCount }, (_, shard) => shard);
const open = (url: string, use: "store" | "blocking") => openRedis(url, `model-${use}`, use, quiet);

type Metrics = ReturnType<typeof createMetrics>;

/** The real relay over all shards, in this process. `die`: its connections vanish, its lease stays. */
export function startRelay(
  url: string,
  pubsubUrl: string,
  holder: string,
  metrics: Metrics = createMetrics(),
) {
  const stop = new AbortController();
  const reads = open(url, "blocking");
  const [store, leasing, live] = [open(url, "store"), open(url, "store"), open(pubsubUrl, "store")];
  const wanted = shards.map((shard) => keys.shardLease(shard));
  const leases = createLeases({ redis: leasing, wanted, holder, clock, log: quiet });
  const heart = createHeart(clock);
  const deps = { store, shardCount, heart, metrics, clock, log: quiet };
  const loops = [leases.keep(stop.signal), relay({ ...deps, reads, live, leases }, stop.signal)];
  return {
    die: async (): Promise<void> => {
      stop.abort();
      for (const redis of [reads, store, leasing, live]) redis.disconnect();
      await Promise.allSettled(loops);
    },
  };
}

/** What a group has not acknowledged yet, read or not. */
export async function unread(redis: ScriptedRedis, group: string): Promise<number> {
  let count = 0;
  for (const shard of shards) {
    const infos = (await redis.xinfo("GROUPS", keys.shard(shard))) as unknown[][];
    const info = infos.find((one) => one.includes(group)) ?? [];
    const field = (name: string) => Number(info[info.indexOf(name) + 1] ?? 0);
    count += field("lag") + field("pending");
  }
  return count;
}

/** Lets the real relay and the real persister do what is left. Returns how many entries vanished unread: 0. */
export async function settle(url: string, databaseUrl: string): Promise<number> {
  const metrics = createMetrics();
  const relaying = startRelay(url, url, "model", metrics);
  const stop = new AbortController();
  const [reads, store] = [open(url, "blocking"), open(url, "store")];
  const deps = { reads, store, shardCount, consumer, heart: createHeart(clock), metrics, clock };
  const openSql = () => openPostgres(databaseUrl, "model", 1);
  const persisting = persist({ ...deps, openSql, log: quiet }, stop.signal);
  const isQuiet = async () =>
    (await unread(store, groups.relay)) + (await unread(store, groups.persistence)) === 0;
  await until(isQuiet, { what: "everything to be acknowledged", timeoutMs: 10_000 });
  stop.abort();
  reads.disconnect(); // or it would sit out its blocking read
  await Promise.all([relaying.die(), persisting]);
  store.disconnect();
  const vanished = (await metrics.trimmedUnacked.get()).values;
  return vanished.reduce((sum, { value }) => sum + value, 0);
}
