// Starts the gateway's parts; closes readers and requests before the clients they use.
import { hostname } from "node:os";
import { collectDefaultMetrics, Registry } from "../shared/prom.ts";
import { serveAdmin } from "../shared/admin.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { topology as queueNames } from "../shared/contract/topology.ts";
import { drain } from "../shared/limits.ts";
import { createLog } from "../shared/log.ts";
import { closeInOrder, runUntilSignal } from "../shared/shutdown.ts";
import { createApp } from "./app.ts";
import { closersOf, openClients } from "./clients.ts";
import { readConfig } from "./config.ts";
import { createVerify } from "./gate/verify.ts";
import { openLimits } from "./limits/limits.ts";
import { createHttpMetrics } from "./metrics.ts";
import { loadPage } from "./page.ts";
import { isReady } from "./readiness.ts";
import { readRole } from "./role.ts";
import { serve } from "./serve.ts";
import { openStreams } from "./sse/open-streams.ts";
import { areStoresGood } from "./start-checks.ts";

const role = readRole(process.argv.slice(2));
const config = readConfig(process.env);
const instance = config.instance ?? `${hostname()}-${process.pid}`;
const log = createLog(console.log, config.logLevel).with({ process: "gateway", role, instance });
const stop = new AbortController();
const closing = stop.signal;

const clients = openClients(config, clock, log);
if (!(await areStoresGood(clients, role, log, clock))) process.exit(1);

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const metrics = createHttpMetrics(registry, () => clients.broker.isUp());
const streams = openStreams({ ...clients, registry, clock, log });
const verify = createVerify(config.jwt, clients.revocations, clock);
const parts = { ...clients, role, queueNames, streams, verify, metrics, clock, log, closing };
const { corsOrigins, proxyHops, webDir } = config;
const page = webDir === undefined ? undefined : loadPage(webDir);
const limits = openLimits({ redis: clients.pubsub, clock, rules: config.limits, hops: proxyHops });
const server = serve(createApp({ ...parts, corsOrigins, proxyHops, limits, page }), config);
const admin = serveAdmin({
  port: config.adminPort,
  ready: () => isReady(parts),
  live: () => true,
  metrics: () => registry.metrics(),
});
const listing = clients.revocations.run(closing);
log.info("gateway is up", { port: server.port, adminPort: admin.port });

const close = closeInOrder(log, [
  { readiness: () => stop.abort() },
  {
    streams: () => streams.close(),
    server: () => server.drain(drain.gatewayMs),
    listing: () => listing,
  },
  closersOf(clients),
  { admin: () => admin.stop() },
]);
process.exit(await runUntilSignal([], close, log));
