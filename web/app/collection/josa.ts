/** A Korean word with the particle that fits its end: 종이를, 종이팩을. Other letters read as without a final sound. */
export function josa(word: string, withFinal: string, without: string): string {
  const code = word.charCodeAt(word.length - 1) - 0xac00;
  const hasFinal = code >= 0 && code < 11_172 && code % 28 !== 0;
  return `${word}${hasFinal ? withFinal : without}`;
}
