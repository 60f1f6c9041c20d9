import type { Text } from "./text.ts";

/** A surface form found in a text, from `start` up to `end`. */
export type Match<T> = { start: number; end: number; value: T };

export type Dictionary<T> = {
  /** Every surface that occurs anywhere, overlaps included. */
  scan: (text: Text) => Match<T>[];
};

/**
 * A dictionary scan over text without spaces. For each first character it knows which lengths exist, so a
 * position costs a few look-ups: the work of a trie in the memory of one map.
 * Of equal surfaces the first one stays.
 */
export function createDictionary<T>(entries: Iterable<readonly [string, T]>): Dictionary<T> {
  const values = new Map<string, T>();
  const lengths = new Map<string, number[]>();
  for (const [surface, value] of entries) {
    if (surface === "" || values.has(surface)) continue;
    values.set(surface, value);
    const first = surface.charAt(0);
    const known = lengths.get(first);
    if (known === undefined) lengths.set(first, [surface.length]);
    else if (!known.includes(surface.length)) known.push(surface.length);
  }
  return {
    scan: ({ chars }) => {
      const matches: Match<T>[] = [];
      for (let start = 0; start < chars.length; start++) {
        for (const length of lengths.get(chars.charAt(start)) ?? []) {
          const end = start + length;
          if (end > chars.length) continue;
          const value = values.get(chars.slice(start, end));
          if (value !== undefined) matches.push({ start, end, value });
        }
      }
      return matches;
    },
  };
}

/** The longest matches that do not overlap, in the order of the text; of equal lengths the first wins. */
export function pickLongest<T>(matches: readonly Match<T>[]): Match<T>[] {
  const byLength = matches.toSorted(
    (a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start,
  );
  const taken = new Set<number>();
  const picked: Match<T>[] = [];
  for (const match of byLength) {
    // Nothing picked before is shorter, so an overlap shows at one of the two edges.
    if (taken.has(match.start) || taken.has(match.end - 1)) continue;
    for (let at = match.start; at < match.end; at++) taken.add(at);
    picked.push(match);
  }
  return picked.sort((a, b) => a.start - b.start);
}
