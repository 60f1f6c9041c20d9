import { readdirSync, readFileSync } from "node:fs";

/** CPU seconds a process has used; from /proc. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Of a process and its children, as PostgreSQL's; those that ended count through their parent. */
export function treeCpuSeconds(pid: number): number {
  let sum = 0;
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(entry) === pid) {
        sum += [11, 12, 13, 14].reduce((all, at) => all + Number(fields[at]), 0) / 100;
      } else if (Number(fields[1]) === pid) sum += (Number(fields[11]) + Number(fields[12])) / 100;
    } catch {
      // ended while we looked
    }
  }
  return sum;
}
