import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, obituary, startChild } from "./child.ts";
import { StackFailure } from "./failure.ts";
import { type Home, homeOf, openHome } from "./home.ts";
import { findPackageManager, install, missingOf } from "./install.ts";
import { tryLock } from "./lock.ts";
import { endMarked } from "./processes.ts";
import { endLeftovers } from "./records.ts";
import { onlyWarnings, type Say } from "./say.ts";
import { type Env, installForServices, startServices } from "./services.ts";
import { wipePostgres } from "./services/postgres.ts";
import { stopInOrder } from "./stop-in-order.ts";

/** Services for one run of the tests, in a folder of their own that goes with them. */
export interface ThrowAway {
  /** Environment for whoever uses them. */
  readonly env: Promise<Env>;
  /** Ends everything, also processes that tests left behind. Runs once however often it is called. */
  readonly remove: () => Promise<void>;
}

/**
 * Chromium, where it can be installed. Where it cannot, the tests of the page are skipped with the reason; on a
 * CI machine they fail.
 */
async function installBrowser(options: {
  home: Home;
  say: Say;
  signal: AbortSignal;
}): Promise<void> {
  const missing = missingOf(["browser"]);
  try {
    await install(missing, missing.length > 0 ? findPackageManager() : undefined, options);
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    options.say.warn(`the tests of the page cannot run here: ${error.message.split("\n")[0]}`);
  }
}

const prefix = "eco2-test-";
/** Marks every process of the run through its environment, so that none can be left behind. */
const mark = "ECO2_TEST_RUN";

export async function startThrowAway(options: {
  say: Say;
  signal: AbortSignal;
  /** The tests of the page run too. */
  needsBrowser?: boolean;
}): Promise<ThrowAway> {
  const { say } = options;
  const quiet = onlyWarnings(say);
  await removeStale(say);
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o711); // PostgreSQL may run as another user
  const temporary = join(folder, "tmp"); // what tests put there goes as well
  mkdirSync(temporary, { mode: 0o711 });
  const home = openHome(folder);
  const lock = tryLock(home);
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const services: Child[] = [];
  const launch = (command: Parameters<typeof startChild>[1]): Child => {
    signal.throwIfAborted();
    const child = startChild(home, { ...command, argv: dyingWithUs(command.argv) });
    services.push(child);
    void child.ended.then((how) => {
      if (!signal.aborted) say.warn(obituary(child, how));
    });
    return child;
  };
  const start = async (): Promise<Env> => {
    // Services given for the tests are used as they are, those of a stack never.
    const env = {
      REDIS_STREAMS_URL: process.env["TEST_REDIS_URL"],
      REDIS_PUBSUB_URL: process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:1/0",
      RABBITMQ_URL: process.env["TEST_RABBITMQ_URL"],
      DATABASE_URL: process.env["TEST_DATABASE_URL"],
    };
    await installForServices(env, { home, say, signal });
    if (options.needsBrowser) await installBrowser({ home, say, signal });
    const started = await startServices(
      { home, signal, launch },
      { env, say: quiet, isDurable: false },
    );
    return {
      TEST_REDIS_URL: started.redis_streams.url,
      TEST_RABBITMQ_URL: started.rabbitmq.url,
      TEST_DATABASE_URL: started.postgres.url,
      TMPDIR: temporary,
      [mark]: folder,
    };
  };
  let removing: Promise<void> | undefined;
  const remove = async () => {
    over.abort();
    const left = await endMarked(mark, folder);
    if (left.length > 0) say.warn(`ended what tests left running:\n  ${left.join("\n  ")}`);
    await stopInOrder({ fleet: [], services }, { say: quiet, kill: new AbortController().signal });
    lock?.release();
    removeFolder(home, folder);
  };
  const env = start();
  env.catch(() => {}); // whoever awaits it still sees the error
  return { env, remove: () => (removing ??= remove()) };
}

/** Runs of the tests that were killed (-9): ends what they left and removes their folders. */
async function removeStale(say: Say): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    const home = homeOf(folder);
    const lock = existsSync(home.dir) && isOurs(folder) ? tryLock(home) : undefined;
    if (!lock) continue; // in use, or another user's
    say(`removing what a killed run of the tests left in ${folder}`);
    await endMarked(mark, folder);
    await endLeftovers(home);
    lock.release();
    removeFolder(home, folder);
  }
}

function isOurs(folder: string): boolean {
  return statSync(folder).uid === process.getuid?.();
}

function removeFolder(home: Home, folder: string): void {
  wipePostgres(home);
  rmSync(folder, { recursive: true, force: true });
}

/** Where the system can do it (Linux), what a run of the tests started dies with it when it is killed (-9). */
export function dyingWithUs(argv: string[]): string[] {
  const setpriv = process.platform === "linux" ? Bun.which("setpriv") : null;
  return setpriv ? [setpriv, "--pdeathsig", "KILL", ...argv] : argv;
}
