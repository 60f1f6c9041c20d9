import { readdirSync, readFileSync } from "node:fs";

/** CPU seconds and memory of a process with all its children. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Resident, MB; a family's members (PostgreSQL) share pages, which are counted once. */
  readonly mb: number;
}

const ticksPerSecond = 100;

function statOf(pid: number): { parent: number; cpuSeconds: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return {
      parent: Number(fields[1]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    };
  } catch {
    return undefined; // it ended
  }
}

/** Resident memory; of one among many that share pages, its proportional share of them. */
function mbOf(pid: number, isShared: boolean): number {
  try {
    const file = isShared ? "smaps_rollup" : "status";
    const field = isShared ? /^Pss:\s+(\d+) kB/m : /^VmRSS:\s+(\d+) kB/m;
    return Number(field.exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** What this process and everything it started use now. Only where there is a /proc. */
export function usageOf(root: number): Usage {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = statOf(Number(name));
      return stat ? [{ pid: Number(name), ...stat }] : [];
    });
  const family = new Set([root]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  const members = all.filter(({ pid }) => family.has(pid));
  return {
    cpuSeconds: members.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    mb: members.reduce((sum, { pid }) => sum + mbOf(pid, members.length > 1), 0),
  };
}
