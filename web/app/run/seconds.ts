/** Milliseconds as a person reads them: under 10 ms, 40 ms, 1.8 s, 12 s. The server's clock shows hundredths. */
export function durationText(
  ms: number,
  unit: { readonly s: string; readonly ms: string },
): string {
  if (ms < 10) return `<10 ${unit.ms}`;
  if (ms < 995) return `${Math.round(ms / 10) * 10} ${unit.ms}`;
  return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)}${unit.s}`;
}
