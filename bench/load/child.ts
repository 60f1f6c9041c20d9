import { join } from "node:path";

export interface Started {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a script of the benchmarks that prints its port, or 0 when it has none, once it is ready. */
export async function startPart(
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "..", script), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value).trim().split("\n")[0] || Number.NaN);
  if (!Number.isInteger(port)) throw new Error(`${script} did not start`);
  return {
    pid: child.pid,
    port,
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}
