/** Korea is nine hours ahead of UTC all year. Nothing here reads the host's zone. */
const offsetMs = 9 * 3_600_000;
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

export interface SeoulTime {
  /** `20260118`. */
  readonly date: string;
  /** `1405`. */
  readonly time: string;
  readonly hour: number;
  readonly minute: number;
}

/** The calendar and clock of Seoul at an instant (ms since 1970). */
export function seoulTime(wallMs: number): SeoulTime {
  const iso = new Date(wallMs + offsetMs).toISOString();
  return {
    date: iso.slice(0, 10).replaceAll("-", ""),
    time: iso.slice(11, 16).replace(":", ""),
    hour: Number(iso.slice(11, 13)),
    minute: Number(iso.slice(14, 16)),
  };
}

/** `20260118`, `1400` as `2026-01-18T14:00:00+09:00`. */
export function seoulIso(date: string, time: string): string {
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`;
  return `${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:00+09:00`;
}

/** The start of the hour of an instant; zones of whole hours share it. */
export function hourStart(wallMs: number): number {
  return Math.floor(wallMs / hourMs) * hourMs;
}
