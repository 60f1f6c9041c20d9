import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..");

/** What `up` writes for whoever wants to talk to the fleet. */
export interface StackFile {
  readonly base_url: string;
  readonly admin_url: string;
  readonly jwt_secret: string;
  readonly jwt_iss: string;
  readonly jwt_aud: string;
  readonly pids: { readonly gateway: number; readonly router: number; readonly workers: number[] };
  /** Where each process tells its metrics. */
  readonly admin: {
    readonly gateway: string;
    readonly router: string;
    readonly workers: readonly string[];
  };
  readonly services: Record<
    "redis_streams" | "redis_pubsub" | "rabbitmq" | "postgres",
    { readonly url: string; readonly pid: number }
  >;
}

export interface RunningStack {
  readonly directory: string;
  /** As it is now: a restarted process has a new pid. */
  file(): StackFile;
  stop(): Promise<void>;
}

async function runScript(
  script: string,
  args: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = Bun.spawn(["bun", join(root, "stack", script), ...args], {
    cwd: directory,
    env: { CHAT_LOCAL_PACE_MS: "4", NEWS_RSS_FEEDS: "off", ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`stack/${script} exited ${code}:\n${out}\n${err}`);
  return out;
}

/** Brings a whole fleet up in a folder of its own, the way a person does, and takes it down again. */
export async function startStack(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningStack> {
  const directory = mkdtempSync(join(tmpdir(), "eco2-fleet-"));
  const file = () =>
    JSON.parse(readFileSync(join(directory, ".stack", "stack.json"), "utf8")) as StackFile;
  const stop = async () => {
    await runScript("down.ts", ["--wipe"], directory, env);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await runScript("up.ts", ["--detach", ...args], directory, env);
  } catch (cause) {
    await stop().catch(() => {});
    throw cause;
  }
  return { directory, file, stop };
}
