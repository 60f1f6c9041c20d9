import { Counter, Histogram, type Registry } from "../prom.ts";
import type { LockWatch } from "./lock.ts";

/** How long locks are waited for, and how often one is lost. No label names a key: those grow with people. */
export function createLockMetrics(registry: Registry): LockWatch {
  const waits = new Histogram({
    name: "lock_wait_seconds",
    help: "Time until a lock was acquired, or given up.",
    labelNames: ["result"],
    buckets: [0.002, 0.01, 0.05, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  const lost = new Counter({
    name: "lock_lost_total",
    help: "Locks that ran out or were taken away while their holder worked.",
    registers: [registry],
  });
  return {
    waited: (seconds, isAcquired) =>
      waits.observe({ result: isAcquired ? "acquired" : "busy" }, seconds),
    lost: () => lost.inc(),
  };
}
