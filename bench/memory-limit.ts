import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";

/** A cgroup of one process with a memory limit, as a container has it. */
export interface MemoryLimit {
  /** The most it ever used, in MiB. */
  peakMiB(): number;
  /** How often the kernel ended something in it. */
  kills(): number;
  /** The process is back in the group it came from, wherever that was, once it has ended. */
  remove(): void;
}

const v1 = "/sys/fs/cgroup/memory";
const v2 = "/sys/fs/cgroup";

/** Puts a running process under a limit. Undefined where cgroups cannot be written (no root, no Linux). */
export function limitMemory(pid: number, limitMiB: number): MemoryLimit | undefined {
  const isV2 = existsSync(`${v2}/cgroup.controllers`);
  const files = isV2
    ? { limit: "memory.max", peak: "memory.peak", kills: "memory.events" }
    : {
        limit: "memory.limit_in_bytes",
        peak: "memory.max_usage_in_bytes",
        kills: "memory.oom_control",
      };
  const group = `${isV2 ? v2 : v1}/eco2-bench-${pid}`;
  const read = (name: string) => readFileSync(`${group}/${name}`, "utf8");
  try {
    mkdirSync(group);
    writeFileSync(`${group}/${files.limit}`, String(limitMiB * 1024 * 1024));
    writeFileSync(`${group}/cgroup.procs`, String(pid));
  } catch {
    if (existsSync(group)) rmdirSync(group);
    return undefined;
  }
  return {
    peakMiB: () => Number(read(files.peak)) / 1024 / 1024,
    kills: () => Number(/^oom_kill (\d+)/m.exec(read(files.kills))?.[1] ?? Number.NaN),
    remove: () => rmdirSync(group),
  };
}
