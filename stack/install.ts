import { closeSync, existsSync, openSync } from "node:fs";
import { findBinary, findPostgres } from "./binaries.ts";
import { lastLines } from "./child.ts";
import { StackFailure } from "./failure.ts";
import type { Home } from "./home.ts";
import type { Say } from "./say.ts";
import { isRoot } from "./users.ts";

/** What the stack and the tests need from the system, by package name. */
export type Need = "redis" | "rabbitmq" | "postgres" | "browser";

const packages: Record<Need, { apt: string; brew: string; isThere: () => boolean }> = {
  redis: { apt: "redis-server", brew: "redis", isThere: () => Boolean(findBinary("redis-server")) },
  rabbitmq: {
    apt: "rabbitmq-server",
    brew: "rabbitmq",
    isThere: () => Boolean(findBinary("rabbitmq-server") && findBinary("epmd")),
  },
  postgres: { apt: "postgresql", brew: "postgresql@17", isThere: () => Boolean(findPostgres()) },
  // only the tests of the page
  browser: { apt: "chromium", brew: "chromium", isThere: () => Boolean(findBinary("chromium")) },
};

export function missingOf(needs: readonly Need[]): Need[] {
  return needs.filter((need) => !packages[need].isThere());
}

/** Installs what is missing with the system's package manager, after saying so. Throws naming the packages. */
export async function install(
  missing: readonly Need[],
  manager: PackageManager | undefined,
  options: { home: Home; say: Say; signal: AbortSignal },
): Promise<void> {
  if (missing.length === 0) return;
  if (!manager) throw new StackFailure(howToInstall(missing));
  const names = missing.map((need) => packages[need][manager.kind]);
  options.say(`not on this machine: ${names.join(", ")}. Installing it with ${manager.kind}`);
  const run = runLogged(options.home.path("logs", "install.log"), options.say, options.signal);
  try {
    await (manager.kind === "brew" ? brew(names, run) : installWithApt(names, manager.sudo, run));
  } catch (error) {
    if (!(error instanceof StackFailure)) throw error;
    throw new StackFailure(`${error.message}\n${howToInstall(missing)}`, { cause: error });
  }
  const still = missingOf(missing);
  if (still.length > 0) throw new StackFailure(howToInstall(still));
  options.say(`installed ${names.join(", ")}`);
}

type PackageManager = { kind: "brew" } | { kind: "apt"; sudo: string[] };

/** The one we may use: brew (never as root), apt as root or where sudo asks no password. */
export function findPackageManager(): PackageManager | undefined {
  if (Bun.which("brew") && !isRoot) return { kind: "brew" };
  if (!Bun.which("apt-get")) return undefined;
  if (isRoot) return { kind: "apt", sudo: [] };
  const maySudo = Bun.which("sudo") && Bun.spawnSync(["sudo", "-n", "true"]).success;
  return maySudo ? { kind: "apt", sudo: ["sudo", "-n"] } : undefined;
}

function howToInstall(missing: readonly Need[]): string {
  const aptNames = missing.map((need) => packages[need].apt).join(" ");
  const brewNames = missing.map((need) => packages[need].brew).join(" ");
  return (
    `missing and not installable from here: ${aptNames}. Install it, then run this again:\n` +
    `  Debian, Ubuntu:  sudo apt-get install ${aptNames}\n` +
    `  macOS:           brew install ${brewNames}`
  );
}

async function brew(names: string[], run: Run): Promise<void> {
  for (const name of names) await run(["brew", "install", "--quiet", name]);
}

async function installWithApt(names: string[], sudo: string[], run: Run): Promise<void> {
  const options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=120"];
  await withoutStarting(sudo, async () => {
    // Stale lists may still do, and another apt may hold their lock: a failure here decides nothing.
    await run([...sudo, "apt-get", ...options, "update"]).catch(() => {});
    const quietly = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...options];
    await run([...quietly, "install", "--no-install-recommends", ...names]);
  });
  // Ours run as children of the stack; the system's must not come up at the next boot either.
  const units = names.map((name) => `${name}.service`);
  if (Bun.which("systemctl")) Bun.spawnSync([...sudo, "systemctl", "disable", ...units]);
}

/**
 * While packages install, their own services stay off: `policy-rc.d` answering 101 is Debian's way to say so.
 * One that is there already is left alone.
 */
async function withoutStarting(sudo: string[], install: () => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  const write = 'printf "#!/bin/sh\\nexit 101\\n" > "$1" && chmod 755 "$1"';
  const remove = () => void Bun.spawnSync([...sudo, "rm", "-f", policy]);
  process.once("exit", remove);
  try {
    Bun.spawnSync([...sudo, "sh", "-c", write, "sh", policy]);
    await install();
  } finally {
    remove();
    process.off("exit", remove);
  }
}

type Run = (argv: string[]) => Promise<void>;

/** Runs a package manager with its output in a log, saying every 10 s that it is still at it. */
function runLogged(logPath: string, say: Say, signal: AbortSignal): Run {
  return async (argv) => {
    signal.throwIfAborted();
    say(argv.filter((word) => !word.startsWith("-") && !word.includes("=")).join(" "));
    const log = openSync(logPath, "a", 0o600);
    const child = Bun.spawn(argv, { stdio: ["ignore", log, log] });
    closeSync(log);
    const reminder = setInterval(() => say("  still installing"), 10_000);
    const code = await child.exited;
    clearInterval(reminder);
    if (code === 0) return;
    throw new StackFailure(`${argv.join(" ")} exited with ${code}:\n${lastLines(logPath)}`);
  };
}
