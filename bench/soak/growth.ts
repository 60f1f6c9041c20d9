import type { Fleet } from "../load/fleet.ts";
import { pidsOf } from "../load/cores.ts";
import { usageOf } from "../load/usage.ts";
import { type Sample, slopeOf } from "../memory.ts";

/** Processes may still grow to their size for a quarter of the run, and this long at most. */
const warmUpMinutes = 15;
const sampleMs = 5000;

/** Samples memory and pids of every process of the fleet and its stores until it is told to end. */
export function watchGrowth(fleet: Fleet) {
  const startedAt = performance.now();
  const hours = () => (performance.now() - startedAt) / 3_600_000;
  const first = new Map(pidsOf(fleet));
  const samples = new Map<string, Sample[]>([...first.keys()].map((name) => [name, []]));
  const replaced = new Set<string>();
  const look = () => {
    for (const [name, pid] of pidsOf(fleet)) {
      if (first.get(name) !== pid) replaced.add(name);
      samples.get(name)?.push({ hours: hours(), mb: usageOf(pid).mb });
    }
  };
  look();
  const timer = setInterval(look, sampleMs);
  return {
    end(minutes: number) {
      clearInterval(timer);
      const from = Math.min(warmUpMinutes, minutes / 4) / 60;
      const steady = [...samples].map(([name, all]) => {
        const late = all.filter((sample) => sample.hours >= from);
        return { name, all, slope: slopeOf(late), lastMb: late.at(-1)?.mb ?? Number.NaN };
      });
      return { replaced, steady, fromMinutes: from * 60 };
    },
  };
}
