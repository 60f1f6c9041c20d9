// A token of the benchmarks says when it was made: readers of other processes on the same machine tell its age from it.

/** Milliseconds since 1970, finer than `Date.now()`. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

/** Something like a word, 18 characters. */
export const stampToken = (): string => `t${nowMs().toFixed(2)} `;

const stamp = /t(\d{13}\.\d\d)/g;

/** Ages in ms of every token in this text. */
export function agesOf(text: string, now = nowMs()): number[] {
  return Array.from(text.matchAll(stamp), ([, at]) => now - Number(at));
}
