import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackFailure } from "./failure.ts";

/** Where one stack keeps its data, logs, secrets and records: `.stack/` of a folder. */
export interface Home {
  readonly dir: string;
  path(...parts: string[]): string;
}

/** 711: PostgreSQL may run as another user and must pass through; every file inside is 600. */
export function openHome(folder: string): Home {
  const home = homeOf(folder);
  const reason = whyNotOurs(home);
  if (reason) throw new StackFailure(`cannot use ${home.dir}: ${reason}`);
  return home;
}

/** Data of two users in one folder ends in files that neither can read: refused while it is easy to mend. */
function whyNotOurs(home: Home): string | undefined {
  try {
    mkdirSync(home.path("logs"), { recursive: true, mode: 0o711 });
    const { uid } = statSync(home.dir);
    if (uid === process.getuid?.()) return undefined;
    return `it belongs to the user with id ${uid}. Run this as that user, or remove it first (bun run down --wipe).`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function homeOf(folder: string): Home {
  const dir = join(folder, ".stack");
  return { dir, path: (...parts) => join(dir, ...parts) };
}

/** Replaces a file whole: a reader sees the old content or the new, never half. */
export function writePrivate(path: string, content: string): void {
  const next = `${path}.${process.pid}.tmp`;
  writeFileSync(next, content, { mode: 0o600 });
  renameSync(next, path);
}

export function writeJson(path: string, value: unknown): void {
  writePrivate(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The parsed file, or undefined where it is missing or not JSON (a crash of an older run). */
export function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}
