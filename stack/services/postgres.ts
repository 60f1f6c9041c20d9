import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import postgres from "postgres";
import { findPostgres } from "../binaries.ts";
import type { Child, Launcher } from "../child.ts";
import { StackFailure } from "../failure.ts";
import { type Home, readJson, writeJson } from "../home.ts";
import { identify, listProcesses, waitGone } from "../processes.ts";
import { canReach, isRoot, unprivilegedUser, type User } from "../users.ts";
import { bareEnv, untilReady } from "./ready.ts";

export interface PostgresWish {
  readonly port: number;
  readonly password: string;
  /** Throw-away data of a test run need not survive a power cut. */
  readonly isDurable: boolean;
}

const name = "postgres";

export async function startPostgres(launcher: Launcher, wish: PostgresWish): Promise<Child> {
  const { home, signal } = launcher;
  const { base, user } = keepPostgresDir(home);
  const data = join(base, "data");
  const major = readMajor(data);
  const binaries = findPostgres(major);
  if (!binaries) throw new StackFailure(missing(major));
  if (!major) await initialise(binaries.initdb, base, wish.password, user);
  await clearStalePid(data);
  writeFileSync(join(base, "postgresql.conf"), conf(wish));
  const child = launcher.launch({
    name,
    kind: "service",
    argv: [binaries.postgres, "-D", data, "-c", `config_file=${join(base, "postgresql.conf")}`],
    env: bareEnv(base),
    cwd: base,
    user,
    stopSignal: "SIGINT", // "fast": ends open sessions, writes a checkpoint
  });
  await untilReady(child, () => ensureDatabase(wish), { withinMs: 60_000, signal });
  return child;
}

export function postgresUrl(wish: PostgresWish, database = "eco2"): string {
  return `postgres://eco2:${wish.password}@127.0.0.1:${wish.port}/${database}`;
}

/** Removes data kept outside `.stack/`. */
export function wipePostgres(home: Home): void {
  const dir = savedDir(home);
  if (dir) rmSync(dir, { recursive: true, force: true });
}

/**
 * Where the data lives. As root, PostgreSQL runs as another user, who cannot pass through a clone below
 * /root: the data then lives in /var/lib, and `.stack/postgres.json` remembers where.
 */
function keepPostgresDir(home: Home): { base: string; user: User | undefined } {
  const saved = savedDir(home);
  const user = saved ? ownerOf(saved) : unprivilegedUser();
  const hash = Bun.hash.xxHash64(home.dir).toString(36);
  const isReachable = !user || canReach(user, home.dir);
  const dir = saved ?? (isReachable ? home.path(name) : `/var/lib/eco2-${hash}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (user) chownSync(dir, user.uid, user.gid);
  writeJson(home.path("postgres.json"), { dir });
  return { base: dir, user };
}

/** Data that is there stays with whoever served it: the user postgres may have come later than nobody. */
function ownerOf(dir: string): User | undefined {
  const { uid, gid } = statSync(dir);
  return isRoot && uid !== 0 ? { uid, gid } : unprivilegedUser();
}

function savedDir(home: Home): string | undefined {
  const saved = readJson(home.path("postgres.json"));
  const dir = saved && typeof saved === "object" && "dir" in saved ? saved.dir : undefined;
  return typeof dir === "string" && existsSync(dir) ? dir : undefined;
}

async function initialise(
  initdb: string,
  base: string,
  password: string,
  user: User | undefined,
): Promise<void> {
  const fresh = join(base, "data.new");
  rmSync(fresh, { recursive: true, force: true }); // left by an initdb that was killed
  const passwordFile = join(base, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const flags = ["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"];
  const command = [initdb, "-D", fresh, "-U", "eco2", `--pwfile=${passwordFile}`, ...flags];
  const done = Bun.spawn(command, { cwd: base, env: bareEnv(base), stderr: "pipe", ...user });
  const [code, stderr] = await Promise.all([done.exited, done.stderr.text()]);
  rmSync(passwordFile);
  if (code !== 0) throw new StackFailure(`initdb exited with code ${code}:\n${stderr}`);
  const moved = Bun.spawnSync(["mv", fresh, join(base, "data")]);
  if (!moved.success) throw new StackFailure(`cannot move ${fresh}: ${moved.stderr.toString()}`);
}

function conf(wish: PostgresWish): string {
  const durable = wish.isDurable ? "on" : "off";
  const lines = [
    "listen_addresses = '127.0.0.1'",
    `port = ${wish.port}`,
    "unix_socket_directories = ''", // no path, no 107-character limit
    "max_connections = 60",
    "shared_buffers = 32MB",
    "max_wal_size = 256MB",
    "jit = off",
    `fsync = ${durable}`,
    `synchronous_commit = ${durable}`,
    `full_page_writes = ${durable}`,
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    "log_min_messages = warning",
  ];
  return `${lines.join("\n")}\n`;
}

/** True once the server answers; makes the database on the first run. */
async function ensureDatabase(wish: PostgresWish): Promise<boolean> {
  const sql = postgres(postgresUrl(wish, "postgres"), { max: 1, connect_timeout: 2 });
  try {
    const found = await sql`select 1 from pg_database where datname = 'eco2'`;
    if (found.length === 0) await sql`create database eco2`;
    return true;
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === "28P01") {
      throw new StackFailure(
        "PostgreSQL refuses the saved password: .stack/secrets.json is not the one this data was made with.\n" +
          "Put it back, or start afresh with `bun run down --wipe`.",
      );
    }
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/**
 * After a kill -9 the pid file stays. PostgreSQL refuses to start while a process with that pid lives, even a
 * stranger that got the number since. One that really serves this folder is waited for.
 */
async function clearStalePid(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  const holder = listProcesses().find((row) => row.pid === pid && row.command.includes(data));
  if (!holder) return rmSync(file, { force: true });
  const id = identify(pid);
  if (!id || (await waitGone([id], 5000))) return;
  throw new StackFailure(`another PostgreSQL (pid ${pid}) already serves ${dirname(data)}`);
}

function readMajor(data: string): string | undefined {
  const file = join(data, "PG_VERSION");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

function missing(major: string | undefined): string {
  if (!major) return "postgresql is missing";
  return (
    `the data in .stack was made by PostgreSQL ${major}, which is not installed here.\n` +
    "Install that version, or start afresh with `bun run down --wipe`."
  );
}
