import * as v from "valibot";

// Outside services drift: numbers come as strings, empty means unknown, one row is an object.

/** Text or number; trimmed; empty, null and absent are null. */
export const LooseText = v.pipe(
  v.nullish(v.union([v.string(), v.number()]), null),
  v.transform((value) => {
    const text = value === null ? "" : String(value).trim();
    return text === "" ? null : text;
  }),
);

/** Number or numeric text; anything else is null. */
export const LooseNumber = v.pipe(
  v.optional(v.unknown(), null),
  v.transform((value) => {
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (typeof value !== "string" || value.trim() === "") return null;
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
  }),
);

/** Many, one, or none (`""`, null) as a list. */
export function asList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === "object" && value !== null ? [value] : [];
}

/** The rows that fit; a bad row is dropped, its neighbours stay. */
export function goodRows<const S extends v.GenericSchema>(
  schema: S,
  rows: readonly unknown[],
): v.InferOutput<S>[] {
  return rows.flatMap((row) => {
    const parsed = v.safeParse(schema, row);
    return parsed.success ? [parsed.output] : [];
  });
}

/** A field of a value that may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** A field that is text, or a number as text; undefined when it is anything else. */
export function textField(value: unknown, name: string): string | undefined {
  const held = field(value, name);
  if (typeof held === "string") return held;
  return typeof held === "number" ? String(held) : undefined;
}

/** Whether a word of `text` begins with `start`: 서구 is in 광주 서구, and not in 강서구. */
export function hasWordStart(text: string, start: string): boolean {
  return ` ${text}`.includes(` ${start}`);
}

/** The first `max` of `text`, never half a surrogate pair. */
export function clip(text: string, max: number): string {
  return text.length <= max
    ? text
    : text
        .slice(0, max)
        .toWellFormed()
        .replace(/\uFFFD$/, "");
}

/** A whole number in a range; `fallback` when absent or no number. */
export function clamp(
  value: number | undefined,
  min: number,
  max: number,
  fallback: number,
): number {
  if (value === undefined || !Number.isFinite(value)) return fallback;
  return Math.min(max, Math.max(min, Math.round(value)));
}
