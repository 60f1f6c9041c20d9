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

/** MB per hour by least squares; 0 for fewer than two samples. */
export function slopeOf(samples: readonly Sample[]): number {
  const count = samples.length;
  const mean = (pick: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / count;
  const [hours, mb] = [mean((sample) => sample.hours), mean((sample) => sample.mb)];
  let [above, below] = [0, 0];
  for (const sample of samples) {
    above += (sample.hours - hours) * (sample.mb - mb);
    below += (sample.hours - hours) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
