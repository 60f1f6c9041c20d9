/** Longest wait a provider may ask for before we give up instead: callers sit in a budget of seconds. */
const longestMs = 2000;

/**
 * Milliseconds to wait before try `attempt + 1` (attempts count from 0): what the provider asked for, else
 * `firstMs` doubling with up to as much jitter again. Undefined: it asked for longer than we wait.
 */
export function retryDelayMs(
  attempt: number,
  firstMs: number,
  headers: Headers | undefined,
  wallMs: number,
): number | undefined {
  const asked = readRetryAfter(headers?.get("retry-after") ?? null, wallMs);
  if (asked !== undefined) return asked <= longestMs ? asked : undefined;
  const base = firstMs * 2 ** attempt;
  return base + Math.random() * base;
}

/** `Retry-After` in milliseconds: seconds, or an HTTP date. Undefined when absent or unreadable. */
export function readRetryAfter(value: string | null, wallMs: number): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallMs);
}
