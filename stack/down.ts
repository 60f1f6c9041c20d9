import { rmSync } from "node:fs";
import { drain } from "../shared/limits.ts";
import { StackFailure, runCommand } from "./failure.ts";
import { readFlags } from "./flags.ts";
import { type Home, homeOf } from "./home.ts";
import { tryLock } from "./lock.ts";
import { descendantsOf, isAlive, signalProcess, waitGone } from "./processes.ts";
import { endLeftovers, readRecords, runningSupervisor } from "./records.ts";
import { startSaying } from "./say.ts";
import { wipePostgres } from "./services/postgres.ts";
import { removeStackFile } from "./stack-file.ts";
import { existsSync } from "node:fs";

const usage = `
Usage: bun run down [--wipe]

Stops the stack of this folder and waits until all of it is gone. Fine when nothing runs.

  --wipe    removes its data, logs and secrets as well
  --help    this text`;

/** As long as the supervisor itself may take, and a little more. */
const patienceMs = drain.workerMs + drain.routerMs + 60_000;

await runCommand(async () => {
  const flags = readFlags(usage, { wipe: { type: "boolean", default: false } });
  const home = homeOf(process.cwd());
  const say = startSaying();
  if (!existsSync(home.dir)) {
    say("nothing runs here");
    return 0;
  }
  const stopped = await stop(home, say);
  if (flags.wipe) {
    wipePostgres(home);
    rmSync(home.dir, { recursive: true, force: true });
    say("data removed");
  }
  if (!stopped && !flags.wipe) say("nothing runs here");
  return 0;
});

/** Ends the supervisor (which ends the rest), or what a killed one left behind. */
async function stop(home: Home, say: ReturnType<typeof startSaying>): Promise<boolean> {
  const supervisor = runningSupervisor(home);
  if (supervisor) {
    say(`stopping the stack (pid ${supervisor.pid})`);
    signalProcess(supervisor, "SIGTERM");
    if (!(await waitGone([supervisor], patienceMs))) {
      for (const child of descendantsOf(supervisor.pid)) signalProcess(child, "SIGKILL");
      signalProcess(supervisor, "SIGKILL");
    }
  }
  const lock = await waitForLock(home);
  try {
    const left = await endLeftovers(home);
    removeStackFile(home);
    if (left.length > 0) say(`ended what was left: ${left.join(", ")}`);
    const alive = readRecords(home).filter((entry) => isAlive(entry));
    if (alive.length > 0) throw new StackFailure(`still running: ${JSON.stringify(alive)}`);
    if (supervisor || left.length > 0) say("stopped; nothing is left running");
    return Boolean(supervisor) || left.length > 0;
  } finally {
    lock.release();
  }
}

async function waitForLock(home: Home) {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const lock = tryLock(home);
    if (lock) return lock;
    if (performance.now() > deadline) throw new StackFailure("another command holds .stack/lock");
    await Bun.sleep(50);
  }
}
