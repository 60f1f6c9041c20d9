import type { Floor } from "../floor/floor.ts";
import type { Fleet, FleetOptions } from "../load/fleet.ts";
import type { Readers } from "../load/reader-pool.ts";

/** One number of a figure; a bar is met, missed, or not there. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** By powers of ten; only above 0. */
  readonly isLogX?: boolean;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly charts: readonly Chart[];
  /** What somebody who reads the numbers has to know. */
  readonly notes: readonly string[];
}

/** What a figure may use; started when first asked for, ended with the figure. */
export interface Bench {
  fleet(options?: FleetOptions): Promise<Fleet>;
  floor(): Promise<Floor>;
  readers(): Readers;
  /** A size of the real run, or a tenth of it when it is only tried out. */
  size(whole: number): number;
  say: (fact: string) => void;
}

export interface BenchFigure {
  readonly number: number;
  readonly title: string;
  /** After that it counts as hanging; 10 unless it says otherwise. */
  readonly mostMinutes?: number;
  run(bench: Bench): Promise<Outcome>;
}

export function isMet({ value, atMost, atLeast }: Row): boolean {
  return (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
}
