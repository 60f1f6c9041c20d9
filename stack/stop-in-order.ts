import { drain } from "../shared/limits.ts";
import type { Child } from "./child.ts";
import type { Kept } from "./keep-running.ts";
import { isAlive } from "./processes.ts";
import type { Say } from "./say.ts";

/** A fleet process ends itself within its drain; this waits a little longer before it kills. */
const fleetGraceMs = drain.workerMs + 5000;
const serviceGraceMs = 20_000;
/** Stopping usually takes less; past this a person wants to know what it waits for. */
const patienceMs = 4000;

type Stoppable = Pick<Kept, "name" | "stop" | "kill">;

/**
 * Intake and work first, then the router (it still brings the last answers to the database), then the
 * services. With `kill` aborted everything is killed at once.
 */
export async function stopInOrder(
  running: { fleet: readonly Kept[]; services: readonly Child[] },
  options: { say: Say; kill: AbortSignal },
): Promise<void> {
  const { say, kill } = options;
  const isRouter = (kept: Kept) => kept.name.startsWith("router");
  const phases: { parts: readonly Stoppable[]; graceMs: number }[] = [
    { parts: running.fleet.filter((kept) => !isRouter(kept)), graceMs: fleetGraceMs },
    { parts: running.fleet.filter(isRouter), graceMs: drain.routerMs + 5000 },
    { parts: running.services.filter((child) => child.name !== "epmd"), graceMs: serviceGraceMs },
    { parts: running.services.filter((child) => child.name === "epmd"), graceMs: serviceGraceMs },
  ];
  const orderly = async () => {
    for (const { parts, graceMs } of phases) {
      if (kill.aborted) return;
      await stopTogether(parts, graceMs, say);
    }
  };
  await Promise.race([orderly(), whenAborted(kill)]);
  const all = [...running.fleet, ...running.services];
  if (kill.aborted) await Promise.all(all.map((each) => each.kill()));
  const children = [...running.fleet.map((kept) => kept.child()), ...running.services];
  const alive = children.filter((child) => isAlive(child.id));
  if (alive.length === 0) return;
  say.warn(
    `still running: ${alive.map((child) => `${child.name} (pid ${child.id.pid})`).join(", ")}`,
  );
}

async function stopTogether(parts: readonly Stoppable[], graceMs: number, say: Say): Promise<void> {
  if (parts.length === 0) return;
  say(`stopping ${parts.map((part) => part.name).join(", ")}`);
  const waiting = new Set(parts.map((part) => part.name));
  const reminder = setTimeout(() => {
    say(`waiting up to ${graceMs / 1000} s for ${[...waiting].join(", ")}; Ctrl-C again kills`);
  }, patienceMs);
  const stopping = parts.map(async (part) => {
    await part.stop(graceMs);
    waiting.delete(part.name);
  });
  await Promise.all(stopping);
  clearTimeout(reminder);
}

/** Resolves when the signal is aborted. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
