import { createGuesser } from "./fuzzy.ts";
import { type Name, nameScores } from "./names.ts";
import type { Spotted } from "./spot.ts";
import type { Text } from "./text.ts";
import { withoutMeltedParticle, withoutParticles } from "./wording.ts";

export type Method = "exact" | "alias" | "fuzzy" | "rule-keyword";

/** A name read out of a message, from `start` up to `end`. */
export type Found = { start: number; end: number; name: Name; method: Method; score: number };

/** A misspelling costs this at once, and `slipScore` for each jamo slip. */
const fuzzyScore = 0.85;
const slipScore = 0.15;
const meltedScore = 0.9;
/** Guessing is the dear part of a search; a message has room for this many unknown words. */
const guessedWords = 8;
/** No name is as long as this, particles and all. */
const wordChars = 24;

type Span = { start: number; end: number };

/**
 * Reads the words that no name, state or question word covers, and names stuck inside longer words: as a name
 * whose particle melted into it, or as a misspelt one. `knownWords` are never misspellings.
 */
export function createUnknownWordReader(
  names: readonly (readonly [string, Name])[],
  knownWords: readonly string[],
) {
  const byName = new Map(names.toReversed()); // so that of equal surfaces the first one counts
  const guess = createGuesser(
    names.filter(([surface, { item }]) => item !== undefined || surface.length > 2),
    knownWords,
  );

  const read = (start: number, word: string): Found | undefined => {
    const melted = withoutMeltedParticle(word);
    const name = melted === undefined ? undefined : byName.get(melted);
    if (name !== undefined) {
      const score = meltedScore * nameScores[name.method];
      return { start, end: start + word.length, name, method: name.method, score };
    }
    const bare = withoutParticles(word);
    for (const part of bare === word ? [word] : [bare, word]) {
      const hit = guess(part);
      if (hit === undefined) continue;
      const score = (fuzzyScore - slipScore * hit.cost) * nameScores[hit.value.method];
      return { start, end: start + part.length, name: hit.value, method: "fuzzy", score };
    }
    return undefined;
  };

  return (text: Text, spotted: readonly Spotted<Name>[], known: readonly Span[]): Found[] => {
    const covered = new Uint8Array(text.chars.length);
    for (const { start, end, inLongerWord } of spotted) {
      if (!inLongerWord) covered.fill(1, start, end);
    }
    for (const { start, end } of known) covered.fill(1, start, end);

    const found: Found[] = [];
    let tries = 0;
    for (const { start, end } of gaps(text, covered)) {
      if (end - start < 2 || end - start > wordChars || tries++ >= guessedWords) continue;
      const one = read(start, text.chars.slice(start, end));
      if (one !== undefined) found.push(one);
    }
    return found;
  };
}

/** The uncovered stretches, each within one word. */
function* gaps(text: Text, covered: Uint8Array): Iterable<Span> {
  let start = 0;
  while (start < text.chars.length) {
    let end = start + 1;
    if (covered[start] === 0) {
      while (end < text.chars.length && covered[end] === 0 && text.ends[end - 1] === false) end++;
      yield { start, end };
    }
    start = end;
  }
}
