// Is there memory for one more job? Jobs that began a moment ago do not show in the process's memory yet: each counts
// with what one may come to need.
import { existsSync, readFileSync } from "node:fs";
import type { Clock } from "../shared/clock.ts";
import { worker as limits } from "../shared/limits.ts";

export interface Admission {
  /** May a job begin beside so many? The first always may. */
  hasRoom(running: number): boolean;
  /** A job begins. */
  begun(): void;
  /** How many jobs fit into what is free now. */
  fits(): number;
}

interface AdmissionOptions {
  readonly budgetBytes: number;
  readonly rss: () => number;
  readonly clock: Clock;
  /** Called about once a second while there is no room: free what is garbage. */
  readonly onFull?: () => void;
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { budgetBytes, rss, clock } = options;
  /** When the jobs began that do not show yet, the oldest first. */
  const young: number[] = [];
  let seen = 0;
  let seenAtMs = Number.NEGATIVE_INFINITY;
  let askedAtMs = Number.NEGATIVE_INFINITY;

  const freeBytes = (nowMs: number): number => {
    while ((young[0] ?? nowMs) < nowMs - limits.memoryShowsMs) young.shift();
    if (nowMs - seenAtMs >= limits.memoryLookMs) {
      seen = rss(); // a system call: not for each of a thousand deliveries
      seenAtMs = nowMs;
    }
    return budgetBytes - seen - young.length * limits.jobBytes;
  };
  return {
    hasRoom: (running) => {
      const nowMs = clock.monotonicMs();
      if (running === 0 || freeBytes(nowMs) >= limits.jobBytes) return true;
      if (nowMs - askedAtMs >= limits.memoryFreeMs) {
        askedAtMs = nowMs;
        options.onFull?.();
        seenAtMs = Number.NEGATIVE_INFINITY;
      }
      return false;
    },
    begun: () => void young.push(clock.monotonicMs()),
    fits: () => Math.max(1, Math.floor(freeBytes(clock.monotonicMs()) / limits.jobBytes)),
  };
}

/** What the process may use: a share of its cgroup's limit; where there is none, the default. Bytes. */
export function memoryBudget(root = "/sys/fs/cgroup", own = "/proc/self/cgroup"): number {
  const path = existsSync(own) ? (/^0::(.*)$/m.exec(readFileSync(own, "utf8"))?.[1] ?? "") : "";
  const files = [
    `${root}${path}/memory.max`,
    `${root}/memory.max`,
    `${root}/memory/memory.limit_in_bytes`,
  ];
  for (const file of files) {
    const limit = existsSync(file) ? Number(readFileSync(file, "utf8")) : Number.NaN;
    // version 1 says "none" by a number no machine has
    if (limit > 0 && limit < 2 ** 50) return Math.floor(limit * limits.memoryShare);
  }
  return limits.memoryBytes;
}
