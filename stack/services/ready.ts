import { type Child, obituary } from "../child.ts";
import { StackFailure } from "../failure.ts";

/** Resolves once the probe succeeds. Throws when the child ends first or the deadline passes, with its last words. */
export async function untilReady(
  child: Child,
  probe: () => Promise<unknown>,
  options: { withinMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + options.withinMs;
  let ending: string | undefined;
  void child.ended.then((how) => (ending = how));
  for (;;) {
    options.signal.throwIfAborted();
    if (ending) throw new StackFailure(obituary(child, `${ending} before it was ready`));
    if (await succeeds(probe)) return;
    if (performance.now() > deadline) {
      const seconds = options.withinMs / 1000;
      throw new StackFailure(obituary(child, `was not ready after ${seconds} s`));
    }
    await Bun.sleep(40);
  }
}

async function succeeds(probe: () => Promise<unknown>): Promise<boolean> {
  try {
    return Boolean(await probe());
  } catch (error) {
    if (error instanceof StackFailure) throw error;
    return false;
  }
}

/** What a service process needs and no more: PG* or RABBITMQ_* of the person's shell must not reach it. */
export function bareEnv(home: string): Record<string, string> {
  const path = process.env["PATH"] ?? "";
  const usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";
  const testRun = process.env["ECO2_TEST_RUN"]; // lets a run of the tests find what it left behind
  const mark = testRun ? { ECO2_TEST_RUN: testRun } : {};
  return { PATH: `${path}:${usual}`, HOME: home, LC_ALL: "C", TZ: "UTC", ...mark };
}
