// Starts the gateway's parts; closes readers and requests before the clients they use.
import { hostname } from "node:os";
import { watchProcess } from "../shared/process-metrics.ts";
import { Registry } from "../shared/prom.ts";
import { serveAdmin } from "../shared/admin.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { topology as queueNames } from "../shared/contract/topology.ts";
import { assistant as turns, drain, sse } from "../shared/limits.ts";
import { openLocks } from "../shared/lock/lock.ts";
import { createLockMetrics } from "../shared/lock/lock-metrics.ts";
import { createLog } from "../shared/log.ts";
import { shrinkAfter } from "../shared/shrink.ts";
import { closeInOrder, runUntilSignal } from "../shared/shutdown.ts";
import { openTracing } from "../shared/trace.ts";
import { createApp } from "./app.ts";
import { createAssistantMetrics } from "./assistant/parts.ts";
import { internalRewards } from "./characters/internal-rewards.ts";
import { openAuth } from "./auth/open-auth.ts";
import { closersOf, openClients } from "./clients.ts";
import { readConfig } from "./config.ts";
import { createVerify } from "./gate/verify.ts";
import { openImages } from "./images/images.ts";
import { sweepImages } from "./images/sweep.ts";
import { openKakao } from "./locations/kakao.ts";
import { createBudget } from "./limits/budget.ts";
import { openLimits } from "./limits/limits.ts";
import { createHttpMetrics } from "./metrics.ts";
import { loadPage } from "./page.ts";
import { isReady } from "./readiness.ts";
import { readRole } from "./role.ts";
import { openRooms } from "./rooms/parts.ts";
import { serve } from "./serve.ts";
import { keepDeleting } from "./users/deletion/delete-account.ts";
import { openStreams } from "./sse/open-streams.ts";
import { areStoresGood } from "./start-checks.ts";
import { createSocketMetrics } from "./ws/metrics.ts";
import { Sockets } from "./ws/sockets.ts";

const role = readRole(process.argv.slice(2));
const config = readConfig(process.env);
const instance = config.instance ?? `${hostname()}-${process.pid}`;
const log = createLog(console.log, config.logLevel).with({ process: "gateway", role, instance });
const stop = new AbortController();
const closing = stop.signal;
const tracing = await openTracing(process.env, { service: `chat-gateway-${role}`, instance });

const clients = openClients(config, clock, log);
if (!(await areStoresGood(clients, role, log, clock))) process.exit(1);

const registry = new Registry();
const pulse = watchProcess(registry);
const metrics = createHttpMetrics(registry, () => clients.broker.isUp());
const streams = openStreams({
  ...clients,
  registry,
  tracing,
  maxReaders: config.maxReaders,
  clock,
  log,
});
const sockets = new Sockets(createSocketMetrics(registry), config.frames);
const locks = openLocks({
  redis: clients.redis,
  namespace: config.cacheNamespace,
  watch: createLockMetrics(registry),
});
const verify = createVerify(config.jwt, clients.revocations, clock);
const rewards = {
  ...clients,
  names: queueNames,
  isEnabled: config.rewardsEnabled,
  makesAccounts: config.devAccounts,
  log,
};
const own = {
  rewards,
  kakao: openKakao(config.kakao),
  role,
  queueNames,
  streams,
  sockets,
  locks,
  verify,
  metrics,
  tracing,
  clock,
  log,
  closing,
};
const parts = { ...clients, ...own };
const { corsOrigins, proxyHops, webDir } = config;
const auth = openAuth(config, { registry, clock, log });
const budget = createBudget({ redis: clients.redis, clock, rules: config.budget });
const page = webDir === undefined ? undefined : loadPage(webDir);
const limits = openLimits({ redis: clients.pubsub, clock, rules: config.limits, hops: proxyHops });
const images = config.images && openImages(config.images);
const rooms = openRooms({
  ...parts,
  registry,
  limits,
  budget,
  rules: config.rooms,
  needsToken: config.needsSocketToken,
});
const assistant = {
  ttlSeconds: config.assistantTtlSeconds,
  turnWaitMs: turns.turnWaitMs,
  metrics: createAssistantMetrics(registry),
};
const domains = { rooms, assistant, auth, budget };
const deps = { ...parts, ...domains, corsOrigins, proxyHops, limits, images, page };
const server = serve(createApp(deps), config);
const admin = serveAdmin({
  port: config.adminPort,
  host: config.host,
  ready: () => isReady(parts),
  live: () => pulse.turnedWithin(10_000),
  metrics: () => registry.metrics(),
  other: (request) => internalRewards(request, rewards),
});
const stopShrinking = shrinkAfter({
  turnover: () => streams.turnover,
  least: sse.shrinkAfterReaders,
});
const deleting = role === "sse" ? undefined : keepDeleting(deps, closing);
const listing = clients.revocations.run(closing);
const sweeping = sweepImages({ images, sql: clients.sql, clock, log, signal: closing });
log.info("gateway is up", { port: server.port, adminPort: admin.port });

const close = closeInOrder(log, [
  { readiness: () => stop.abort() },
  {
    streams: () => streams.close(),
    sockets: () => sockets.close(drain.gatewayMs),
    rooms: () => rooms.close(),
    server: () => server.drain(drain.gatewayMs),
    listing: () => listing,
    sweeping: () => sweeping,
    deleting: () => deleting,
    stopShrinking,
  },
  { ...closersOf(clients), audit: () => auth.audit.close() },
  { admin: () => admin.stop(), tracing: () => tracing.close() },
]);
process.exit(await runUntilSignal([], close, log));
