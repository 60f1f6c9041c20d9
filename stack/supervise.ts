import { buildPage } from "../web/build.ts";
import { boundLog, type Child, obituary, rotateLog, startChild } from "./child.ts";
import { StackFailure } from "./failure.ts";
import { fleetPortNames, type FleetProcess, type FleetWish } from "./fleet.ts";
import type { Home } from "./home.ts";
import type { Kept } from "./keep-running.ts";
import { choosePorts } from "./ports.ts";
import { identify } from "./processes.ts";
import { clearRecords, endLeftovers, recordProcess } from "./records.ts";
import type { Say } from "./say.ts";
import { keepSecrets } from "./secrets.ts";
import { type Env, installForServices, serviceLogs, startServices } from "./services.ts";
import { removeStackFile, type StackFile, writeStackFile } from "./stack-file.ts";
import { describeStack, fleetEnv, jwtDefaults, startFleet } from "./start-fleet.ts";
import { stopInOrder, whenAborted } from "./stop-in-order.ts";
import { runMigrations } from "./run-migrations.ts";
import { seedSites } from "./seed-sites.ts";
import { declareTopology } from "./topology.ts";

export interface SuperviseOptions {
  readonly home: Home;
  readonly env: Env;
  readonly workers: number;
  readonly fleet: (wish: FleetWish) => FleetProcess[];
  readonly say: Say;
  /** Aborted: stop in order. */
  readonly stop: AbortSignal;
  /** Aborted: do not wait for that, kill. */
  readonly kill: AbortSignal;
  readonly onReady: (file: StackFile) => void;
}

/** Everything that runs, from the moment it does: what has to end whatever happens. */
interface Running {
  readonly services: Child[];
  readonly fleet: Kept[];
}

/**
 * Runs the stack of one folder until told to stop or a part of it is beyond repair. The caller holds the
 * folder's lock. Everything it started has ended when it returns or throws.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { home, say, stop } = options;
  removeStackFile(home);
  const self = identify(process.pid);
  if (self) recordProcess(home, { name: "supervisor", kind: "supervisor", ...self });
  const left = await endLeftovers(home);
  if (left.length > 0) say(`ended what an earlier run left behind: ${left.join(", ")}`);

  const running: Running = { services: [], fleet: [] };
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const logs = setInterval(() => boundLogs(running), 5000);
  try {
    await installForServices(options.env, { home, say, signal });
    const dead = Promise.withResolvers<never>();
    const fatal = Promise.race([dead.promise, whenAborted(stop)]);
    await Promise.race([start(options, running, signal, dead.reject), fatal]);
    await Promise.race([fatal, ...running.fleet.map((kept) => kept.givenUp)]);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    over.abort();
    clearInterval(logs);
    removeStackFile(home);
    await stopInOrder(running, { say, kill: options.kill });
    clearRecords(home);
  }
}

async function start(
  options: SuperviseOptions,
  running: Running,
  signal: AbortSignal,
  onDeath: (failure: StackFailure) => void,
): Promise<void> {
  const { home, env, say, workers } = options;
  const ports = await choosePorts(home, fleetPortNames(workers), env);
  const table = options.fleet({ workers, portOf: (name) => ports[name] ?? 0 });
  for (const name of [...serviceLogs, ...table.map((row) => row.name)]) rotateLog(home, name);

  const launch = (command: Parameters<typeof startChild>[1]): Child => {
    signal.throwIfAborted();
    const child = startChild(home, command);
    if (command.kind === "service") {
      running.services.push(child);
      void child.ended.then((how) => onDeath(new StackFailure(obituary(child, how))));
    }
    return child;
  };
  const services = await startServices({ home, signal, launch }, { env, say, isDurable: true });
  const webDir = home.path("web");
  const [ran] = await Promise.all([
    runMigrations(services.postgres.url),
    declareTopology(services.rabbitmq.url),
    buildPage(webDir),
  ]);
  const samples = await seedSites(services.postgres.url);
  if (samples > 0)
    say(`${samples} made-up sites on the map: \`bun run import-locations\` brings real ones`);
  say(ran.length > 0 ? `migrated: ${ran.join(", ")}` : "the schema is up to date");

  const jwt = {
    secret: env["JWT_SECRET"] || keepSecrets(home).jwt_secret,
    iss: env["JWT_ISS"] || jwtDefaults.iss,
    aud: env["JWT_AUD"] || jwtDefaults.aud,
  };
  let isUp = false;
  const publish = () => writeStackFile(home, describeStack(table, running.fleet, services, jwt));
  const baseUrl = `http://127.0.0.1:${ports["gateway_http"] ?? 0}`;
  const places = { baseUrl, imageDir: home.path("images") };
  const childEnv = { WEB_DIR: webDir, ...fleetEnv(env, services, jwt, places) };
  const onChange = () => {
    if (isUp && !signal.aborted) publish();
  };
  running.fleet.push(...startFleet({ table, env: childEnv, launch, say, signal, onChange }));
  const saying = running.fleet.map(async (kept) => {
    await kept.ready;
    say(`${kept.name} is ready (pid ${kept.child().id.pid})`);
  });
  await Promise.all(saying);
  signal.throwIfAborted();
  isUp = true;
  publish();
  options.onReady(describeStack(table, running.fleet, services, jwt));
}

function boundLogs({ services, fleet }: Running): void {
  for (const child of [...services, ...fleet.map((kept) => kept.child())]) boundLog(child.logPath);
}
