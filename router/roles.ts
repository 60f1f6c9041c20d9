import { answers, closeRedis, openRedis } from "../shared/clients/redis.ts";
import { openBroker, type Broker } from "../shared/clients/amqp.ts";
import { openPostgres } from "../shared/clients/postgres.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { type QueueNames, topology } from "../shared/contract/topology.ts";
import { keys } from "../shared/keys.ts";
import { stream } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import { noTracing, type Tracing } from "../shared/trace.ts";
import { createLeases } from "./leases.ts";
import { createHeart, type Heart } from "./loop.ts";
import type { Metrics } from "./metrics.ts";
import { drainOutbox, outboxLease } from "./outbox.ts";
import { persist } from "./persist.ts";
import { relay } from "./relay.ts";
import { drainRevocations } from "./revocation-outbox.ts";
import { settleDeadLetters } from "./settle-dead-letters.ts";
import { checkBroker, checkDatabase, checkStreams } from "./start-checks.ts";
import { trimShards } from "./trim.ts";
import { watchDeadlines, watchdogLease } from "./watchdog.ts";

/** A started role: its loops, whose end is a crash, and what closes after them, phase after phase. */
export interface Role {
  readonly loops: Readonly<Record<string, Promise<void>>>;
  /** Of the loop the role is for. */
  readonly heart: Heart;
  readonly hearts: readonly Heart[];
  /** Do the stores it cannot work without answer? The loops notice only when there is work. May throw: no. */
  readonly storesAnswer: () => Promise<boolean>;
  readonly phases: readonly Readonly<Record<string, () => unknown>>[];
}

interface RoleOptions {
  readonly streamsUrl: string;
  readonly instance: string;
  readonly metrics: Metrics;
  readonly tracing?: Tracing;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Tests bring their own. */
  readonly names?: QueueNames;
}

const shardCount = stream.shardCount;

/** Relay, trimming, and the duties one replica has at a time. */
export async function startRelay(
  options: RoleOptions & { readonly pubsubUrl: string; readonly rabbitUrl: string },
): Promise<Role> {
  const { streamsUrl, instance, metrics, log, signal, names = topology } = options;
  const reads = openRedis(streamsUrl, "router-relay-reads", "blocking", log);
  const store = openRedis(streamsUrl, "router-relay", "store", log);
  const duties = openRedis(streamsUrl, "router-duties", "store", log);
  const leasing = openRedis(streamsUrl, "router-leases", "store", log);
  const live = openRedis(options.pubsubUrl, "router-publish", "store", log);
  await checkStreams(store, shardCount, log);
  const broker: Broker = openBroker({
    url: options.rabbitUrl,
    name: "router",
    names,
    log,
    onChannel: (channel) =>
      settleDeadLetters(
        { store: duties, broker: () => broker, names, metrics, log, signal },
        channel,
      ),
  });
  await checkBroker(broker.started, log);

  const shardLeases = Array.from({ length: shardCount }, (_, shard) => keys.shardLease(shard));
  const wanted = [...shardLeases, watchdogLease, outboxLease];
  const leases = createLeases({ redis: leasing, wanted, holder: instance, clock, log });
  const [heart, trimHeart, watchHeart, outboxHeart, revocationHeart] = [0, 1, 2, 3, 4].map(() =>
    createHeart(clock),
  ) as [Heart, Heart, Heart, Heart, Heart];
  const { tracing = noTracing } = options;
  const common = { leases, shardCount, metrics, tracing, clock, log };
  metrics.watchRelay({
    isConsuming: () => heart.workedWithin(10_000),
    streams: store,
    pubsub: live,
  });
  return {
    heart,
    hearts: [heart, trimHeart, watchHeart, outboxHeart, revocationHeart],
    storesAnswer: async () => (await answers(store)) && answers(live),
    loops: {
      leases: leases.keep(signal),
      relay: relay({ ...common, reads, store, live, heart }, signal),
      trim: trimShards({ ...common, store: duties, heart: trimHeart }, signal),
      watchdog: watchDeadlines({ ...common, store: duties, live, heart: watchHeart }, signal),
      outbox: drainOutbox({ ...common, store: duties, broker, names, heart: outboxHeart }, signal),
      revocations: drainRevocations(
        { ...common, store: duties, broker, names, heart: revocationHeart },
        signal,
      ),
    },
    phases: [
      { leases: () => leases.release(), broker: () => broker.close() },
      {
        reads: () => closeRedis(reads),
        store: () => closeRedis(store),
        duties: () => closeRedis(duties),
        leasing: () => closeRedis(leasing),
        live: () => closeRedis(live),
      },
    ],
  };
}

/** Finished jobs to rows. Any number of replicas share the work. */
export async function startPersistence(
  options: RoleOptions & { readonly databaseUrl: string },
): Promise<Role> {
  const { streamsUrl, instance, metrics, log, signal } = options;
  const reads = openRedis(streamsUrl, "router-persist-reads", "blocking", log);
  const store = openRedis(streamsUrl, "router-persist", "store", log);
  const openSql = () => openPostgres(options.databaseUrl, "router-persist", 2);
  await checkStreams(store, shardCount, log);
  await checkDatabase(openSql, log);
  const asking = openPostgres(options.databaseUrl, "router-ready", 1);
  const heart = createHeart(clock);
  const deps = {
    reads,
    store,
    openSql,
    consumer: instance,
    shardCount,
    heart,
    metrics,
    clock,
    log,
  };
  return {
    heart,
    hearts: [heart],
    storesAnswer: async () => (await answers(store)) && (await asking`select 1`).length === 1,
    loops: { persist: persist(deps, signal) },
    phases: [
      {
        persistReads: () => closeRedis(reads),
        persistStore: () => closeRedis(store),
        asking: () => asking.end({ timeout: 1 }),
      },
    ],
  };
}
