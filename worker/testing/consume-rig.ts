import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { type Broker, openBroker, publishConfirmed } from "../../shared/clients/amqp.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import type { QueueNames } from "../../shared/contract/topology.ts";
import type { AgentJob, Job } from "../../shared/contract/job.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { startRedis, type TestRedis, testTopology } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { type Consumer, consumeJobs } from "../consume.ts";
import type { Agent } from "../graph/graph.ts";
import { holdLeases, type Leases } from "../leases.ts";
import { noFacts } from "../llm/facts.ts";
import type { Llm } from "../llm/llm.ts";
import { createMetrics } from "../metrics.ts";
import { acceptJob, type Logged, newJob, quiet, readLog, textOf } from "./jobs.ts";

/** An agent that is only its model: these tests are about deliveries. */
const agent: Agent = async (run) => {
  const prompt = {
    system: "",
    sections: [],
    history: [],
    question: run.job.message,
    facts: noFacts,
  };
  for await (const token of run.llm(prompt, run.signal)) run.token(token);
  return { intent: "general", additional_intents: [], node_results: [] } as unknown as Awaited<
    ReturnType<Agent>
  >;
};

type StartOptions = Partial<
  Pick<
    Parameters<typeof consumeJobs>[0],
    "worker" | "concurrency" | "admission" | "isStored" | "keptMs"
  >
>;

export interface Rig {
  readonly redis: ScriptedRedis;
  readonly publisher: Broker;
  /** Names of the queues of this test, and where they are. */
  readonly names: { readonly url: string; readonly topology: QueueNames };
  /** Starts a worker that the rig stops after the test. */
  startWorker(llm: Llm, over?: StartOptions): Promise<{ consumer: Consumer; broker: Broker }>;
  publish(body: string): Promise<void>;
  /** Accepts a job as the gateway does and publishes it. */
  send(over?: Partial<AgentJob>): Promise<Job>;
  log(job: Job): Promise<Logged[]>;
  text(job: Job): Promise<string>;
  done(job: Job): Promise<Record<string, unknown> | undefined>;
  ended(job: Job): Promise<Record<string, unknown>>;
  /** Messages in the job queue, or in its dead-letter queue. */
  depth(which?: "queue" | "deadLetterQueue"): Promise<number>;
}

/** For `describe`: a Redis, and queues of each test's own, workers on them, all gone afterwards. */
export function consumeRig(): Rig {
  let server: TestRedis;
  let redis: ScriptedRedis;
  let news: ScriptedRedis;
  let names: Awaited<ReturnType<typeof testTopology>>;
  let publisher: Broker;
  const workers: { consumer: Consumer; broker: Broker; leases: Leases }[] = [];
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(server.url, "test-consume", "store", quiet);
    news = openRedis(server.url, "test-consume-news", "subscriber", quiet);
  });
  beforeEach(async () => {
    names = await testTopology();
    const { url, topology } = names;
    publisher = openBroker({ url, name: "test-publisher", names: topology, log: quiet });
    await publisher.started;
  });
  afterEach(async () => {
    for (const { consumer, broker, leases } of workers.splice(0)) {
      await consumer.stop(0);
      await broker.close();
      await leases.close();
    }
    await publisher.close();
    await names.remove();
  });
  afterAll(async () => {
    await closeRedis(redis);
    await closeRedis(news);
    await server.stop();
  });

  const publish = (body: string) => {
    const { exchange, routingKey } = names.topology;
    return publishConfirmed(publisher, exchange, routingKey, body, crypto.randomUUID(), {});
  };
  const log = (job: Job) => readLog(redis, job.job_id);
  const done = async (job: Job) => (await log(job)).find(({ event }) => event === "done")?.data;
  return {
    get redis() {
      return redis;
    },
    get names() {
      return names;
    },
    get publisher() {
      return publisher;
    },
    startWorker: async (llm, over = {}) => {
      const worker = over.worker ?? `w${workers.length}`;
      const leases = holdLeases({ redis, subscriber: news, worker, log: quiet, renewMs: 50 });
      const consumer = consumeJobs({
        redis,
        agent,
        leases,
        clock,
        log: quiet,
        metrics: createMetrics(),
        choose: () => ({ llm, provider: "local", model: "local", note: undefined }),
        queue: names.topology.queue,
        concurrency: 4,
        turnPollMs: 20,
        ...over,
        worker,
      });
      const broker = openBroker({
        url: names.url,
        name: worker,
        names: names.topology,
        log: quiet,
        onChannel: (channel) => consumer.onChannel(channel),
      });
      await broker.started;
      workers.push({ consumer, broker, leases });
      return { consumer, broker };
    },
    publish,
    send: async (over = {}) => {
      const job = newJob(over);
      await publish(await acceptJob(redis, job));
      return job;
    },
    log,
    text: async (job) => textOf(await log(job)).text,
    done,
    ended: (job) => until(() => done(job), { what: "the end of a job" }),
    depth: async (which = "queue") => {
      const queue = names.topology[which];
      return (await publisher.channel().queueDeclare(queue, { passive: true })).messageCount;
    },
  };
}
