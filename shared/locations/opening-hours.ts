import { seoulTime } from "../seoul-time.ts";

/** Whether a place is open now; null where nobody says. */
export interface OpeningHours {
  readonly is_holiday: boolean | null;
  readonly is_open: boolean;
  /** `09:00`; null on a day off and where no hours are given. */
  readonly start_time: string | null;
  readonly end_time: string | null;
}

export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof weekdays)[number];

/** The day of the week in Seoul at an instant (ms since 1970). */
export function weekdayIn(wallMs: number): Weekday {
  const { date } = seoulTime(wallMs);
  const day = new Date(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00Z`);
  return weekdays[day.getUTCDay()] ?? "sun";
}

const unknown: OpeningHours = {
  is_holiday: null,
  is_open: false,
  start_time: null,
  end_time: null,
};
const range = /(\d{1,2}):(\d{2})\s?[~\-–]\s?(\d{1,2}):(\d{2})/;

/** Reads today's text: `휴무`, `09:00 ~ 18:00`. A range that ends before it begins runs past midnight. */
export function readHours(text: string | null, wallMs: number): OpeningHours {
  if (text === null || text.trim() === "") return unknown;
  if (text.includes("휴무")) return { ...unknown, is_holiday: true };
  const known = { ...unknown, is_holiday: false };
  const [, fromHour, fromMinute, toHour, toMinute] = range.exec(text) ?? [];
  const from = minutesOf(fromHour, fromMinute);
  const to = minutesOf(toHour, toMinute);
  if (from === undefined || to === undefined || from === 24 * 60) return known;
  const { hour, minute } = seoulTime(wallMs);
  const now = hour * 60 + minute;
  const isOpen = from < to ? now >= from && now < to : now >= from || now < to;
  return { ...known, is_open: isOpen, start_time: clockOf(from), end_time: clockOf(to) };
}

function minutesOf(hours: string | undefined, minutes: string | undefined): number | undefined {
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= 24 * 60 ? total : undefined;
}

function clockOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Shops of the zero-waste list have no hours. */
export function hoursOf(source: string, text: string | null, wallMs: number): OpeningHours {
  return source === "zerowaste" ? unknown : readHours(text, wallMs);
}
