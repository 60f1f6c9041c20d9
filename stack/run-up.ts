import { closeSync, openSync } from "node:fs";
import { boundLog } from "./child.ts";
import { readFlags, wholeNumber } from "./flags.ts";
import type { FleetProcess, FleetWish } from "./fleet.ts";
import { followLogs, followFile } from "./follow.ts";
import { type Home, openHome } from "./home.ts";
import { watchLaunchers } from "./launchers.ts";
import { tryLock } from "./lock.ts";
import { runningSupervisor } from "./records.ts";
import { paint, startSaying } from "./say.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";
import { supervise } from "./supervise.ts";

const usage = `
Usage: bun run up [--workers N] [--detach] [--logs]

Starts Redis (two), RabbitMQ, PostgreSQL, the gateway, the router and the workers of this folder.

  --workers N   worker processes, 0 to 16 (default 1)
  --detach      return when everything is ready; stop it with \`bun run down\`
  --logs        show every log line of the fleet, not only warnings and errors
  --help        this text

Ports are free ones by default. Fixed by the environment: ECO2_HTTP_PORT, ECO2_ADMIN_PORT,
ECO2_REDIS_STREAMS_PORT, ECO2_REDIS_PUBSUB_PORT, ECO2_RABBITMQ_PORT, ECO2_POSTGRES_PORT.
A service whose URL is given is used as it is: REDIS_STREAMS_URL, REDIS_PUBSUB_URL, RABBITMQ_URL,
DATABASE_URL. Data, logs and secrets are in .stack/.`;

/** How this person runs our scripts: without a bun of their own, through npx. */
const bunRun = process.execPath.includes("/_npx/") ? "npx bun@1.4.5 run" : "bun run";

/** The command `up`, with the fleet it runs as data. */
export async function runUp(fleet: (wish: FleetWish) => FleetProcess[]): Promise<number> {
  const flags = readFlags(usage, {
    workers: { type: "string", default: "1" },
    detach: { type: "boolean", default: false },
    logs: { type: "boolean", default: false },
  });
  const workers = wholeNumber("--workers", flags.workers, 0, 16);
  const home = openHome(process.cwd());
  const isSupervisor = process.env["ECO2_DETACHED"] === home.dir;
  if (flags.detach && !isSupervisor) return detach(home, workers);
  const lock = await lockUnlessRunning(home);
  if (!lock) return 0;
  const { ECO2_DETACHED: _, ...env } = process.env;
  const signals = catchSignals(!isSupervisor);
  const unfollow = isSupervisor ? () => {} : followLogs(home, flags.logs ? "all" : "problems");
  try {
    await supervise({
      home,
      env,
      workers,
      fleet,
      say: startSaying(),
      ...signals,
      onReady: (file) => console.log(welcome(file, isSupervisor)),
    });
    return signals.kill.aborted ? 1 : 0;
  } finally {
    unfollow();
    lock.release();
  }
}

/** The lock of the folder; or none, after saying what runs here. Waits while another command starts or stops it. */
async function lockUnlessRunning(home: Home): Promise<ReturnType<typeof tryLock>> {
  for (let isTold = false; ; await Bun.sleep(50)) {
    const lock = tryLock(home);
    if (lock) return lock;
    const file = readStackFile(home);
    // A file of an earlier run, killed, may still lie there while a new one starts.
    if (file && runningSupervisor(home)?.pid === file.supervisor_pid) {
      console.log(`already running (pid ${file.supervisor_pid}): ${file.base_url}`);
      console.log(`  ${bunRun} ps      shows it\n  ${bunRun} down    stops it`);
      return undefined;
    }
    if (!isTold) console.log("another command starts or stops the stack of this folder; waiting");
    isTold = true;
  }
}

/** Starts the supervisor in a session of its own, shows what it says, returns once it is ready. */
async function detach(home: Home, workers: number): Promise<number> {
  const logPath = home.path("logs", "up.log");
  boundLog(logPath, 1024 * 1024);
  const follow = followFile(logPath, (line) => console.log(line), true);
  const log = openSync(logPath, "a", 0o600);
  const supervisor = Bun.spawn([process.execPath, Bun.main, "--workers", String(workers)], {
    stdio: ["ignore", log, log],
    env: { ...process.env, ECO2_DETACHED: home.dir },
    detached: true,
  });
  closeSync(log);
  const stop = () => supervisor.kill("SIGTERM");
  process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
  const ready = async () => {
    while (readStackFile(home)?.supervisor_pid !== supervisor.pid) await Bun.sleep(50);
    return 0;
  };
  // It ends with 0 and a stack runs: another `up` was a moment faster.
  const ended = supervisor.exited.then((code) => (readStackFile(home) ? code : code || 1));
  const code = await Promise.race([ready(), ended]);
  await Bun.sleep(20); // its last line is written after the file
  follow.stop();
  supervisor.unref();
  return code;
}

/** SIGINT, SIGTERM and SIGHUP stop in order; a second one, at least a second later, kills. */
function catchSignals(isForeground: boolean): { stop: AbortSignal; kill: AbortSignal } {
  const stop = new AbortController();
  const kill = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    firstAt ||= performance.now();
    // A terminal signals the whole group and `bun run` passes it on: one Ctrl-C arrives twice.
    if (stop.signal.aborted && performance.now() - firstAt > 1000) kill.abort();
    stop.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onSignal);
  if (isForeground) watchLaunchers(onSignal);
  return { stop: stop.signal, kill: kill.signal };
}

function welcome(file: StackFile, isDetached: boolean): string {
  const chat = `${file.base_url}/api/v1/chat`;
  const post = "curl -s -H \"$AUTH\" -H 'content-type: application/json' -d";
  return `
  ${paint("bold", "eco2 is ready")}   ${paint("green", file.base_url)}

  open      ${bunRun} --silent token --link
  a token   ${bunRun} token
  look      ${bunRun} ps
  stop      ${isDetached ? `${bunRun} down` : "Ctrl-C"}
  ask it    AUTH="authorization: Bearer $(${bunRun} --silent token)"
            CHAT=$(${post} '{}' ${chat} | cut -d'"' -f4)
            JOB=$(${post} '{"message":"페트병 어떻게 버려?"}' ${chat}/$CHAT/messages | cut -d'"' -f4)
            curl -N -H "$AUTH" ${chat}/$JOB/events
`;
}
