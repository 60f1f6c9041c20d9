import { readFileSync } from "node:fs";
import type { Fleet } from "./fleet.ts";
import { usageOf } from "./usage.ts";

/** Cores in use over a stretch of time, by part of the fleet. */
export interface Cores {
  readonly parts: Readonly<Record<string, number>>;
  /** The whole machine: the fleet, whoever loads it, and everything else that runs. */
  readonly machine: number;
}

/** The fleet's processes and its stores' by name. */
export function pidsOf(fleet: Fleet): readonly (readonly [name: string, pid: number])[] {
  const { pids, services } = fleet.file();
  return [
    ["gateway", pids.gateway],
    ["router", pids.router],
    ...pids.workers.map(
      (pid, i) => [pids.workers.length > 1 ? `worker ${i + 1}` : "worker", pid] as const,
    ),
    ...Object.entries(services).map(([name, { pid }]) => [name, pid] as const),
  ];
}

function busySeconds(): number {
  const [, ...fields] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(/\s+/);
  // user, nice, system, irq, softirq; not idle and not waiting for a disk
  return [0, 1, 2, 5, 6].reduce((sum, at) => sum + Number(fields[at]), 0) / 100;
}

/** Begins to count; call what it returns at the end of the stretch. */
export function countCores(fleet: Fleet): () => Cores {
  const look = () => ({
    at: performance.now() / 1000,
    machine: busySeconds(),
    parts: pidsOf(fleet).map(([name, pid]) => [name, usageOf(pid).cpuSeconds] as const),
  });
  const before = look();
  return () => {
    const after = look();
    const seconds = after.at - before.at;
    const was = new Map(before.parts);
    return {
      machine: (after.machine - before.machine) / seconds,
      parts: Object.fromEntries(
        after.parts.map(([name, used]) => [name, (used - (was.get(name) ?? 0)) / seconds]),
      ),
    };
  };
}

/** In words, the busiest first. */
export function tellCores({ parts, machine }: Cores): string {
  const told = Object.entries(parts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, cores]) => `${name} ${cores.toFixed(2)}`);
  const own = Object.values(parts).reduce((sum, cores) => sum + cores, 0);
  return `${told.join(", ")}; the fleet ${own.toFixed(2)} of the ${machine.toFixed(2)} cores in use`;
}
