import { Database } from "bun:sqlite";
import type { Home } from "./home.ts";

/**
 * One supervisor per folder. The lock is a file lock of the kernel (held through SQLite, the portable way
 * to one), so it ends with its process however that dies and is never stale.
 */
export function tryLock(home: Home): { release(): void } | undefined {
  const database = new Database(home.path("lock"));
  try {
    database.run("PRAGMA journal_mode = MEMORY"); // nothing is ever written
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") return undefined;
    throw error;
  }
  return { release: () => database.close() };
}
