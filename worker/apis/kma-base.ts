import { hourMs, hourStart, minuteMs, seoulTime } from "../../shared/seoul-time.ts";

// Which issue of a forecast exists already. The service answers NODATA for one that does not.

/** One endpoint of the service: its path, its rows, and how its issues follow each other. */
export interface Issue {
  readonly path: string;
  readonly rows: number;
  /** The newest issue that is safe to ask for, ms since 1970. */
  baseAt(wallMs: number): number;
  /** From one issue to the one before. */
  readonly stepMs: number;
  readonly ttlSeconds: number;
}

/** Observation of the hour, issued on the hour; complete after 40 minutes at the latest. */
export const nowcast: Issue = {
  path: "getUltraSrtNcst",
  rows: 10,
  baseAt: (wallMs) => hourStart(wallMs - 40 * minuteMs),
  stepMs: hourMs,
  ttlSeconds: 600,
};

/** The next six hours, issued at half past, there at a quarter to. */
export const nextHours: Issue = {
  path: "getUltraSrtFcst",
  rows: 100,
  baseAt: (wallMs) => hourStart(wallMs - 45 * minuteMs) + 30 * minuteMs,
  stepMs: hourMs,
  ttlSeconds: 1800,
};

/** About three days, issued at 02, 05 … 23 o'clock, asked for a quarter of an hour later. */
export const days: Issue = {
  path: "getVilageFcst",
  rows: 1000,
  baseAt: (wallMs) => {
    const settled = wallMs - 15 * minuteMs;
    return hourStart(settled) - ((seoulTime(settled).hour + 1) % 3) * hourMs;
  },
  stepMs: 3 * hourMs,
  ttlSeconds: 1800,
};
