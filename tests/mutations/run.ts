import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutant } from "./mutants.ts";

const root = join(import.meta.dir, "..", "..");
const folders = ["gateway", "router", "shared", "stack", "tests", "worker"];
const files = ["package.json", "tsconfig.json", "bunfig.toml"];

/** What a test file said about a copy of the repository. */
export interface Verdict {
  /** Some of its tests ran and at least one of them failed. */
  readonly isCaught: boolean;
  readonly seconds: number;
  /** The tests that failed, or why nothing ran. */
  readonly why: string;
}

/** Throws when the text to replace is not there exactly once: the list must follow the code. */
export function mutate({ name, file, from, to }: Mutant, folder = root): string {
  const text = readFileSync(join(folder, file), "utf8");
  const count = text.split(from).length - 1;
  if (count !== 1) throw new Error(`"${name}": ${file} has its text ${count} times, not once`);
  return text.replace(from, () => to);
}

/** Runs a test file against a copy with a flaw in it, or, without one, as it is. */
export async function tryOn(
  test: string,
  mutant: Mutant | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Verdict> {
  const copy = mkdtempSync(join(tmpdir(), "eco2-mutant-"));
  const startedAt = performance.now();
  try {
    for (const each of [...folders, ...files]) {
      cpSync(join(root, each), join(copy, each), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    if (mutant) writeFileSync(join(copy, mutant.file), mutate(mutant, copy));
    const child = Bun.spawn(
      [process.execPath, "test", "--timeout=20000", "--bail=1", `./${test}`],
      {
        cwd: copy,
        env: { ...env, CI: "1" },
        stdio: ["ignore", "ignore", "pipe"],
        timeout: 120_000,
        killSignal: "SIGKILL",
      },
    );
    const [said, code] = await Promise.all([child.stderr.text(), child.exited]);
    const seconds = (performance.now() - startedAt) / 1000;
    const failed = [...said.matchAll(/^\(fail\) (.*?)( \[[\d.]+ms\])?$/gm)].map(([, name]) => name);
    const isCaught = code !== 0 && failed.length > 0;
    const why = failed[0] ?? (code === 0 ? "every test passed" : said.trim().slice(-600));
    return { isCaught, seconds, why };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Runs work over a list, so many at a time, in order of the list. */
export async function inTurns<T>(
  list: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const rest = [...list];
  const worker = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
