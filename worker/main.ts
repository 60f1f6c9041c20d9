// Runs chat jobs: takes them from the queue, walks the graph, streams the answer into the job's log.
import { serveAdmin } from "../shared/admin.ts";
import { type Broker, openBroker } from "../shared/clients/amqp.ts";
import { rewardScan } from "../shared/characters/give.ts";
import { checkKeepsKeys } from "../shared/clients/keeps-keys.ts";
import { answers, closeRedis, openRedis } from "../shared/clients/redis.ts";
import { systemClock as clock } from "../shared/clock.ts";
import type { JobId } from "../shared/contract/ids.ts";
import type { Job } from "../shared/contract/job.ts";
import { topology as names } from "../shared/contract/topology.ts";
import { drain, warmUpAfterMs } from "../shared/limits.ts";
import { createLockMetrics } from "../shared/lock/lock-metrics.ts";
import { createLog } from "../shared/log.ts";
import { watchProcess } from "../shared/process-metrics.ts";
import { freeMemory, shrinkAfter } from "../shared/shrink.ts";
import { closeInOrder, runUntilSignal } from "../shared/shutdown.ts";
import { openTracing } from "../shared/trace.ts";
import { createAdmission, memoryBudget } from "./admission.ts";
import { openBackground } from "./background.ts";
import { agentByKind } from "./agent-by-kind.ts";
import { assistantAgent } from "./assistant/agent.ts";
import { help, readConfig } from "./config.ts";
import { consumeJobs } from "./consume.ts";
import { imageReader } from "./images/read-image.ts";
import { intentCache } from "./intent-cache.ts";
import { imageFetcher } from "./fetch-image.ts";
import { hasRows } from "./has-rows.ts";
import { holdLeases } from "./leases.ts";
import { chooseModel, modelsFrom } from "./llm/choose.ts";
import { openMemory } from "./memory/open-memory.ts";
import { createMetrics } from "./metrics.ts";
import { buildAgents } from "./graph/graph.ts";
import { warmUp } from "./graph/tools.ts";
import { toolsFrom } from "./outside.ts";
import { roomAgent } from "./rooms/agent.ts";
import { sayEndings } from "./rooms/say-endings.ts";
import { createScanMetrics } from "./scan/metrics.ts";
import type { Reward } from "./scan/scan-context.ts";
import { scanTools } from "./scan/scan-tools.ts";
import { setUpEvals } from "./set-up-evals.ts";
import { watchIntake } from "./watch-intake.ts";
import { createSpend } from "./spend.ts";

if (process.argv.includes("--help")) {
  console.log(help);
  process.exit(0);
}
const refuse = (cause: Error) => (console.error(cause.message), process.exit(1));
const config = await Promise.try(() => readConfig(process.env)).catch(refuse);
const worker = config.instance;
const log = createLog(console.log, config.logLevel).with({ process: "worker", instance: worker });
const metrics = createMetrics();
const pulse = watchProcess(metrics.registry);
const tracing = await openTracing(process.env, { service: "chat-worker", instance: worker });
const cache = openRedis(config.cacheUrl, `worker-cache-${worker}`, "request", log);
const grading = setUpEvals(config, { clock, log, metrics });
const models = modelsFrom(config);
const redis = openRedis(config.streamsUrl, `worker-${worker}`, "store", log);
const news = openRedis(config.pubsubUrl, `worker-news-${worker}`, "subscriber", log);
const stores = { cacheUrl: config.cacheUrl, databaseUrl: config.databaseUrl, streams: redis };
const remembering = openMemory({ ...stores, registry: metrics.registry, worker, log });
const fetchImage = imageReader(config.ownImages, imageFetcher());
const { sql } = remembering;
const shared = { clock, cache, fetchImage, sql, observe: metrics.observeSubAgent };
const matchCharacter = (label: string) => background.rewards.catalog.byMatch(label);
const tools = toolsFrom(config, {
  ...shared,
  matchCharacter,
  intentCache: intentCache(cache, log),
});
const { chat, plain } = buildAgents(tools, remembering.memory);
const agent = agentByKind({
  agent: chat,
  assistant: assistantAgent(plain, redis),
  room: roomAgent(plain),
});
const leases = holdLeases({ redis, subscriber: news, worker, log });
const choose = (model: string | null) => grading.watch(chooseModel(model, models));
const watching = { clock, log, metrics, tracing, evals: grading.evals };
const { policies, humanWaitMs, tokenPrices: prices } = config;
const locks = createLockMetrics(metrics.registry);
const spend = createSpend({ redis, clock, log });
const parts = { redis, locks, spend, agent, choose, leases };
const run = { ...parts, policies, humanWaitMs, prices, ...watching };
const { concurrency } = config;
const endings = sayEndings({
  redis,
  openPubsub: () => openRedis(config.pubsubUrl, `worker-rooms-${worker}`, "request", log),
  log,
});
const onEnded = (job: Job) => endings.ended(job);
const { registry } = metrics;
const reward: Reward = (userId, found) => rewardScan(background.rewards, userId, found);
const scan = {
  tools: scanTools(tools, { fetchImage, reward }),
  metrics: createScanMetrics(registry),
};
const admission = createAdmission({
  budgetBytes: config.memoryMb === undefined ? memoryBudget() : config.memoryMb * 1024 * 1024,
  rss: () => process.memoryUsage.rss(),
  clock,
  onFull: freeMemory,
});
const isStored = (jobId: JobId) => hasRows(sql, jobId);
const intakeOf = { queue: names.queue, concurrency, admission, onEnded, isStored };
const consumer = consumeJobs({ ...run, scan, worker, ...intakeOf });
const chores = { config, names, redis, cache, registry, clock, log };
const background = openBackground({ ...chores, broker: () => broker });
const broker: Broker = openBroker({
  url: config.rabbitUrl,
  name: `worker-${worker}`,
  names,
  log,
  onChannel: async (channel) => {
    await consumer.onChannel(channel);
    await background.onChannel(channel);
  },
});
const intake = watchIntake(consumer, broker);
const admin = serveAdmin({
  port: config.adminPort,
  ready: async () =>
    consumer.isConsuming() &&
    broker.isUp() &&
    (await answers(redis)) &&
    (await answers(news)) &&
    (await remembering.isUp()),
  live: () => pulse.turnedWithin(10_000) && intake.soundWithin(60_000),
  metrics: () => metrics.registry.metrics(),
});
const stopShrinking = shrinkAfter({
  turnover: () => consumer.settled(),
  isQuiet: () => consumer.running() === 0,
  least: 1,
});
const close = closeInOrder(log, [
  { intake: () => intake.stop(), consumer: () => consumer.stop(drain.workerMs), stopShrinking },
  { background: () => background.stop() },
  {
    broker: () => broker.close(),
    leases: () => leases.close(),
    memory: () => remembering.close(),
    grading: () => grading.stop(),
  },
  { tracing: () => tracing.close(), background: () => background.close() },
  {
    admin: () => admin.stop(),
    redis: () => closeRedis(redis),
    news: () => closeRedis(news),
    endings: () => endings.close(),
    cache: () => closeRedis(cache),
  },
]);
log.info("worker started", { adminPort: admin.port, concurrency });
setTimeout(warmUp, warmUpAfterMs, tools).unref();
// a missing queue or a wrong store at the start is a crash; a store that is away, or a broker lost later, is not
const consuming = Promise.all([broker.started, checkKeepsKeys(redis)]).then(
  () => new Promise<never>(() => {}),
);
process.exit(await runUntilSignal([consuming, remembering.copying], close, log));
