import { afterAll, afterEach, beforeAll } from "bun:test";
import { createApp } from "../../gateway/app.ts";
import { serve } from "../../gateway/serve.ts";
import { openTestApp, testToken } from "../../gateway/testing/test-app.ts";
import { openSocket, type TestSocket } from "../../gateway/testing/ws-client.ts";
import { ensureGroups } from "../../router/groups.ts";
import { openBroker } from "../../shared/clients/amqp.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { readTurns } from "../../shared/contract/turn.ts";
import { assistantLock } from "../../shared/job-session.ts";
import { keys } from "../../shared/keys.ts";
import { stream } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import {
  startRedis,
  testDatabase,
  testTopology,
  type TestRedis,
} from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { agentByKind } from "../../worker/agent-by-kind.ts";
import { assistantAgent } from "../../worker/assistant/agent.ts";
import { consumeJobs } from "../../worker/consume.ts";
import { buildAgents } from "../../worker/graph/graph.ts";
import { createTools } from "../../worker/graph/tools.ts";
import { holdLeases } from "../../worker/leases.ts";
import type { Llm, Prompt } from "../../worker/llm/llm.ts";
import { localLlm } from "../../worker/llm/local.ts";
import { createMetrics } from "../../worker/metrics.ts";
import { quiet, relayOnce } from "../model/pipes.ts";

type Frame = Record<string, unknown> & { type: string };

export interface Talker extends TestSocket {
  ask(message: unknown, more?: Record<string, unknown>): void;
  /** Waits for a text frame and returns those up to it, which the next call leaves out. */
  upTo(last: string | ((frame: string) => boolean)): Promise<string[]>;
  /** As `upTo`, parsed, for structured mode. */
  framesTo(type: string): Promise<Frame[]>;
}

/** For `describe`: the assistant of real processes' parts in one process: gateway, broker, worker, relay. */
export function assistantRig(rules: { readonly perMinute?: number } = {}) {
  let server: TestRedis;
  let redis: ScriptedRedis;
  let news: ScriptedRedis;
  let reads: ScriptedRedis;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let names: Awaited<ReturnType<typeof testTopology>>;
  let own: ReturnType<typeof openTestApp>;
  let http: ReturnType<typeof serve>;
  let relaying: Promise<void>;
  const stop = new AbortController();
  const workers: { stop: () => Promise<void> }[] = [];
  const state = { llm: localLlm() as Llm, prompts: [] as Prompt[] };

  const startWorker = async (worker = `w${workers.length}`) => {
    const { plain } = buildAgents(createTools(clock));
    const leases = holdLeases({ redis, subscriber: news, worker, log: quiet, renewMs: 50 });
    const llm: Llm = (prompt, signal, meter) => {
      state.prompts.push(prompt);
      return state.llm(prompt, signal, meter);
    };
    const consumer = consumeJobs({
      redis,
      agent: agentByKind({ agent: plain, assistant: assistantAgent(plain, redis), room: plain }),
      leases,
      clock,
      log: quiet,
      metrics: createMetrics(),
      worker,
      choose: () => ({ llm, provider: "local", model: "local", note: undefined }),
      queue: names.topology.queue,
      concurrency: 8,
      turnPollMs: 20,
    });
    const broker = openBroker({
      url: names.url,
      name: worker,
      names: names.topology,
      log: quiet,
      onChannel: (channel) => consumer.onChannel(channel),
    });
    await broker.started;
    const running = {
      stop: async () => {
        await consumer.stop(0);
        await broker.close();
        await leases.close();
      },
    };
    workers.push(running);
    return running;
  };

  beforeAll(async () => {
    [server, database, names] = await Promise.all([startRedis(), testDatabase(), testTopology()]);
    redis = openRedis(server.url, "rig", "store", quiet);
    news = openRedis(server.url, "rig-news", "subscriber", quiet);
    reads = openRedis(server.url, "rig-relay", "store", quiet);
    await ensureGroups(redis, stream.shardCount, quiet);
    own = openTestApp({
      redisUrl: server.url,
      databaseUrl: database.url,
      queue: names,
      limits: { assistantPerMinute: rules.perMinute ?? 1000 },
    });
    await own.deps.broker?.started;
    http = serve(createApp(own.deps), { port: 0, host: "127.0.0.1" });
    relaying = (async () => {
      while (!stop.signal.aborted) {
        try {
          for (let shard = 0; shard < stream.shardCount; shard++) {
            await relayOnce(reads, shard, false, "whole");
          }
        } catch {
          // a store that was restarted has lost its groups
          await ensureGroups(reads, stream.shardCount, quiet).catch(() => 0);
        }
        await Bun.sleep(2);
      }
    })();
    await startWorker();
  }, 30_000);

  /** A turn that is over, however it ended, is followed no longer. */
  afterEach(() =>
    until(async () => (await redis.pubsub("CHANNELS", keys.live("*" as JobId))).length === 0, {
      what: "no job to be followed",
    }),
  );

  afterAll(async () => {
    for (const worker of workers) await worker.stop();
    await http.drain(100);
    await own.close();
    stop.abort();
    await relaying;
    await Promise.all([redis, news, reads].map((each) => closeRedis(each)));
    await names.remove();
    await Promise.all([server.stop(), database.drop()]);
  }, 30_000);

  return {
    get redis() {
      return redis;
    },
    get server() {
      return server;
    },
    get own() {
      return own;
    },
    state,
    startWorker,
    workers,
    /** A turn over HTTP, as JSON. */
    async ask(
      user: string,
      body: unknown,
      more: { path?: string; headers?: Record<string, string> } = {},
    ) {
      const response = await own.send("POST", more.path ?? "/api/v1/assistant/chat", {
        user,
        body,
        ...(more.headers ? { headers: more.headers } : {}),
      });
      const json = (await response.json()) as Record<string, string>;
      return { status: response.status, headers: response.headers, json };
    },
    async talk(user: string | undefined, path = "/api/v1/assistant/ws"): Promise<Talker> {
      const protocols = user ? ["bearer", await testToken(user)] : [];
      const socket = await openSocket(`ws://127.0.0.1:${http.port}${path}`, { protocols });
      let taken = 0;
      const upTo: Talker["upTo"] = async (last) => {
        const isLast = typeof last === "string" ? (one: string) => one === last : last;
        const end = await until(
          () => socket.texts.findIndex((one, i) => i >= taken && isLast(one)) + 1,
          {
            timeoutMs: 15_000,
            what: `a frame (${JSON.stringify(socket.texts.slice(taken))})`,
          },
        );
        const frames = socket.texts.slice(taken, end);
        taken = end;
        return frames;
      };
      return {
        ...socket,
        ask: (message, more = {}) => socket.send({ message, ...more }),
        upTo,
        framesTo: async (type) =>
          (await upTo((one) => (JSON.parse(one) as Frame).type === type)).map(
            (one) => JSON.parse(one) as Frame,
          ),
      };
    },
    memory: async (sid: string) =>
      readTurns(await redis.lrange(keys.assistantMemory("test", sid), 0, -1)).map(
        ({ role, content, isInterrupted }) =>
          `${role}: ${content}${isInterrupted ? " (interrupted)" : ""}`,
      ),
    isLocked: async (sid: string) =>
      (await redis.exists(keys.lock("test", assistantLock(sid)))) === 1,
  };
}
