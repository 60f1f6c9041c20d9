// Relays the shards to Pub/Sub and finished jobs to PostgreSQL; one role each, or both.
import { hostname } from "node:os";
import { serveAdmin } from "../shared/admin.ts";
import { AppError } from "../shared/errors.ts";
import { drain } from "../shared/limits.ts";
import { createLog } from "../shared/log.ts";
import { watchProcess } from "../shared/process-metrics.ts";
import { closeInOrder, runUntilSignal } from "../shared/shutdown.ts";
import { openTracing } from "../shared/trace.ts";
import { readConfig, roles } from "./config.ts";
import { createMetrics } from "./metrics.ts";
import { startPersistence, startRelay } from "./roles.ts";

const usage = `usage: bun router/main.ts [${roles.join("|")}]   (default: all)

  relay        shard streams -> Pub/Sub, trimming, watchdog, outbox, dead letters
  persistence  finished jobs -> PostgreSQL
environment: REDIS_STREAMS_URL; relay: REDIS_PUBSUB_URL, RABBITMQ_URL; persistence: DATABASE_URL;
             ADMIN_PORT (any free one), LOG_LEVEL (info), INSTANCE (hostname-pid)`;

const [roleName = "all", ...rest] = process.argv.slice(2);
const isHelp = roleName === "--help" || roleName === "-h";
const role = roles.find((name) => name === roleName);
if (isHelp || !role || rest.length > 0) {
  (isHelp ? console.log : console.error)(usage);
  process.exit(isHelp ? 0 : 2);
}
/** Refuses to start, saying why in one line. */
function refuse(cause: unknown): never {
  const said = cause instanceof AppError ? cause.detail : undefined;
  console.error(`router: ${said ?? (cause instanceof Error ? cause.message : String(cause))}`);
  process.exit(1);
}
const config = await readConfig(role, process.env, `${hostname()}-${process.pid}`).catch(refuse);
const log = createLog(console.log, config.logLevel).with({ process: "router", role });
const metrics = createMetrics();
const pulse = watchProcess(metrics.registry);
const tracing = await openTracing(process.env, {
  service: `chat-router-${role}`,
  instance: config.instance,
});
const stop = new AbortController();
const { signal } = stop;
const { instance } = config;
const common = { ...config, metrics, tracing, log, signal };
const started = await Promise.all([
  ...(config.relay ? [startRelay({ ...common, ...config.relay })] : []),
  ...(config.persistence ? [startPersistence({ ...common, ...config.persistence })] : []),
]).catch(refuse);
const loops = started.flatMap((one) => Object.values(one.loops));
const admin = serveAdmin({
  port: config.adminPort,
  ready: async () =>
    !signal.aborted &&
    started.every(({ heart }) => heart.workedWithin(10_000)) &&
    (await Promise.all(started.map((role) => role.storesAnswer()))).every(Boolean),
  live: () =>
    pulse.turnedWithin(10_000) &&
    started.every(({ hearts }) => hearts.every((heart) => heart.beatWithin(60_000))),
  metrics: () => metrics.registry.metrics(),
});
const close = closeInOrder(log, [
  { loops: () => (stop.abort(), Promise.allSettled(loops)) },
  ...[0, 1].map((phase) => Object.assign({}, ...started.map((one) => one.phases[phase]))),
  { admin: () => admin.stop(), tracing: () => tracing.close() },
]);
// a store that hangs is left
signal.addEventListener("abort", () =>
  setTimeout(() => process.exit(), drain.routerMs - 500).unref(),
);
const running = runUntilSignal(loops, close, log); // listens for signals before anyone hears that it runs
log.info("router started", { instance, adminPort: admin.port });
process.exitCode = await running;
