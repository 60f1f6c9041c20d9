import { readFileSync } from "node:fs";

/** Resident memory of a process in MB, from /proc; undefined where there is none. */
export function rssMb(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return undefined;
  }
}

export interface Sample {
  readonly hours: number;
  readonly mb: number;
}

const perMinute = 60;

/** The lowest sample of each minute: what the collector had not got round to is no growth. */
function lowest(samples: readonly Sample[]): Sample[] {
  const byMinute = new Map<number, Sample>();
  for (const sample of samples) {
    const minute = Math.floor(sample.hours * perMinute);
    const low = byMinute.get(minute);
    if (!low || sample.mb < low.mb) byMinute.set(minute, sample);
  }
  return [...byMinute.values()];
}

/**
 * MB per hour: the median of the slopes between every two of the lowest samples (Theil-Sen), which a single burst or a
 * collection at the end does not turn. 0 for fewer than two of them.
 */
export function slopeOf(samples: readonly Sample[]): number {
  const low = lowest(samples);
  const slopes = low
    .flatMap((a, i) => low.slice(i + 1).map((b) => (b.mb - a.mb) / (b.hours - a.hours)))
    .toSorted((a, b) => a - b);
  const middle = slopes.length >> 1;
  const [below = 0, above = 0] = [slopes[(slopes.length - 1) >> 1], slopes[middle]];
  return (below + above) / 2;
}
