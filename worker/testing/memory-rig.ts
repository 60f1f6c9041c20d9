import { afterAll, beforeAll } from "bun:test";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { newChatId, UserId } from "../../shared/contract/ids.ts";
import type { Job } from "../../shared/contract/job.ts";
import { recordFields, recordFromJob } from "../../shared/job-record.ts";
import { type Attempt, type ScriptedRedis, take } from "../../shared/scripts.ts";
import { startRedis, testDatabase, type TestRedis } from "../../shared/testing/services.ts";
import * as v from "valibot";
import { type CheckpointRedis, withCheckpointScripts } from "../checkpoints/redis-store.ts";
import { CheckpointSaver } from "../checkpoints/saver.ts";
import { createSync, type Sync } from "../checkpoints/sync.ts";
import { type Agent, buildAgent } from "../graph/graph.ts";
import type { State } from "../graph/state.ts";
import { createTools } from "../graph/tools.ts";
import { holdLeases, type Leases } from "../leases.ts";
import { localLlm } from "../llm/local.ts";
import type { Llm } from "../llm/llm.ts";
import { createMemory, type Memory } from "../memory/memory.ts";
import { createMetrics } from "../metrics.ts";
import { runJob, type RunEnd } from "../run.ts";
import { acceptJob, newJob, quiet, readLog } from "./jobs.ts";

export interface Turn {
  readonly job: Job;
  readonly end: RunEnd;
  /** What the graph ended with; undefined when it did not. */
  readonly state: State | undefined;
  readonly done: Record<string, unknown> | undefined;
  readonly answer: string;
}

/** For `describe`: streams and cache on Redis servers of their own, a database, and workers with a memory. */
export function memoryRig() {
  let streams: TestRedis;
  let cache: TestRedis;
  let redis: ScriptedRedis;
  let news: ScriptedRedis;
  let cp: CheckpointRedis & ScriptedRedis;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let sql: Sql;
  let leases: Leases;
  let worker: { agent: Agent; memory: Memory; sync: Sync };
  let last: State | undefined;
  const tools = createTools(clock);

  /** A worker that knows nothing of the one before it; on a database of its own when one is given. */
  const startWorker = (own: Sql = sql) => {
    const saver = new CheckpointSaver({ redis: cp, sql: own });
    const memory = createMemory({ saver, streams: redis, sql: own, openWaitMs: 300, retryMs: 20 });
    const agent = buildAgent(tools, memory);
    worker = { agent, memory, sync: createSync({ redis: cp, sql, worker: "w1", log: quiet }) };
  };
  beforeAll(async () => {
    [streams, cache, database] = await Promise.all([startRedis(), startRedis(), testDatabase()]);
    redis = openRedis(streams.url, "test-memory", "store", quiet);
    news = openRedis(streams.url, "test-memory-news", "subscriber", quiet);
    const client = openRedis(cache.url, "test-memory-cache", "request", quiet);
    client.options.commandTimeout = 300;
    cp = Object.assign(client, withCheckpointScripts(client));
    sql = openPostgres(database.url, "test-memory");
    leases = holdLeases({ redis, subscriber: news, worker: "w1", log: quiet, renewMs: 50 });
    startWorker();
  });
  afterAll(async () => {
    await leases.close();
    await Promise.all([closeRedis(redis), closeRedis(news), closeRedis(cp)]);
    await sql.end({ timeout: 2 });
    await database.drop();
    await Promise.all([streams.stop(), cache.stop()]);
  });

  const begin = async (job: Job, redelivered = false): Promise<Attempt> => {
    const record = recordFields(recordFromJob(job));
    const { job_id: jobId, session_id: chatId } = job;
    const taken = await take(redis, { jobId, chatId, worker: "w1", redelivered, record });
    if (taken.word !== "taken") throw new Error(taken.word);
    return taken;
  };
  const run = async (job: Job, attempt: Attempt, llm: Llm, model = "local"): Promise<Turn> => {
    last = undefined;
    const agent: Agent = Object.assign(
      async (context: Parameters<Agent>[0]) => (last = await worker.agent(context)),
      worker.agent.remember ? { remember: worker.agent.remember } : {},
    );
    const choose = () => ({ llm, provider: "local" as const, model, note: undefined });
    const deps = { redis, agent, choose, leases, clock, log: quiet, metrics: createMetrics() };
    const end = await runJob(job, attempt, deps, new AbortController().signal);
    const done = (await readLog(redis, job.job_id)).find(({ event }) => event === "done")?.data;
    const answer = String((done?.["result"] as { answer?: string } | undefined)?.answer ?? "");
    return { job, end, state: last, done, answer };
  };

  return {
    get redis() {
      return redis;
    },
    get cp() {
      return cp;
    },
    get cache() {
      return cache;
    },
    get sql() {
      return sql;
    },
    get worker() {
      return worker;
    },
    startWorker,
    begin,
    run,
    /** A chat of one person, turn after turn. */
    newChat: () => {
      const of = { session_id: newChatId(), user_id: v.parse(UserId, crypto.randomUUID()) };
      const accept = async (message: string) => {
        const job = newJob({ ...of, message });
        await acceptJob(redis, job);
        return job;
      };
      const say = async (message: string, llm: Llm = localLlm(), model?: string) => {
        const job = await accept(message);
        return run(job, await begin(job), llm, model);
      };
      const remembered = async () => {
        const config = { configurable: { thread_id: of.session_id } };
        return (await worker.memory.saver.get(config))?.channel_values as State | undefined;
      };
      return { ...of, accept, say, remembered };
    },
  };
}
