import { disassemble } from "es-hangul";
import MiniSearch from "minisearch";
import { everydayNames, ordinaryWords } from "./wording.ts";

/** A name that a misspelt word comes close to; `cost` counts jamo slips, a common confusion half. */
export type Guess<T> = { value: T; cost: number };

/** Jamo that fingers and ears confuse. */
const confusable = pairs(
  "ㅐㅔ ㅐㅒ ㅔㅖ ㅏㅑ ㅓㅕ ㅗㅛ ㅜㅠ ㅡㅜ ㅓㅗ ㅗㅜ ㄱㄲ ㄱㅋ ㄲㅋ ㄷㄸ ㄷㅌ ㄸㅌ ㅂㅃ ㅂㅍ ㅃㅍ ㅅㅆ ㅈㅉ ㅈㅊ ㅉㅊ",
);
const candidateCount = 8;

/**
 * Guesses which name a misspelt word means. MiniSearch proposes names that share jamo trigrams; an edit
 * distance over jamo decides, and an unknown word gets no guess at all. `knownWords` are never misspellings. The
 * index is made by the first unknown word: with the first advice it was 150 of the 390 ms of CPU that a worker's
 * start took (2026-11-21).
 */
export function createGuesser<T>(
  names: Iterable<readonly [string, T]>,
  knownWords: Iterable<string> = [],
) {
  const known = new Set(knownWords);
  const entries = [...names].filter(
    ([surface]) => surface.length >= 2 && isHangul(surface) && !everydayNames.has(surface),
  );
  let made: Spellings | undefined;

  return (word: string): Guess<T> | undefined => {
    if (word.length < 2 || !isHangul(word)) return undefined;
    if (known.has(word) || ordinaryWords.has(word)) return undefined;
    const { index, spelled, spelledRight } = (made ??= spell(entries.map(([name]) => name)));
    const jamo = disassemble(word);
    if (spelledRight.has(jamo)) return undefined; // a name that its surroundings ruled out
    let best: Guess<T> | undefined;
    for (const { id } of index.search(jamo).slice(0, candidateCount)) {
      const entry = entries[id as number];
      if (entry === undefined) continue;
      const [surface, value] = entry;
      const allowed = allowedCost(Math.min(surface.length, word.length));
      const cost = slips(jamo, spelled[id as number] ?? "", best?.cost ?? allowed);
      if (cost <= allowed && cost < (best?.cost ?? Infinity)) best = { value, cost };
    }
    return best;
  };
}

type Spellings = ReturnType<typeof spell>;

/** Names by their jamo. */
function spell(surfaces: readonly string[]) {
  const index = new MiniSearch<{ id: number; jamo: string }>({
    fields: ["jamo"],
    tokenize: trigrams,
    processTerm: (term) => term,
  });
  const spelled = surfaces.map((surface) => disassemble(surface));
  index.addAll(spelled.map((jamo, id) => ({ id, jamo })));
  return { index, spelled, spelledRight: new Set(spelled) };
}

/** Two syllables are too few to bear more than one half slip: 가장 is no 가방. */
function allowedCost(syllables: number): number {
  if (syllables <= 2) return 0.5;
  return syllables < 5 ? 1 : 1.5;
}

/** Edits from one spelling to another, adjacent swaps included; more than `limit` is Infinity. */
export function slips(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const costs = [row];
    let least = row;
    for (let column = 1; column <= to.length; column++) {
      const a = from.charAt(row - 1);
      const b = to.charAt(column - 1);
      let cost = Math.min(
        (last[column - 1] ?? 0) + exchange(a, b),
        (last[column] ?? 0) + 1,
        (costs[column - 1] ?? 0) + 1,
      );
      if (row > 1 && column > 1 && a === to.charAt(column - 2) && b === from.charAt(row - 2)) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      costs.push(cost);
      if (cost < least) least = cost;
    }
    if (least > limit) return Infinity;
    beforeLast = last;
    last = costs;
  }
  const cost = last[to.length] ?? Infinity;
  return cost <= limit ? cost : Infinity;
}

function exchange(a: string, b: string): number {
  if (a === b) return 0;
  return confusable.has(a + b) ? 0.5 : 1;
}

function trigrams(jamo: string): string[] {
  const padded = `^${jamo}$`;
  const grams: string[] = [];
  for (let at = 0; at + 3 <= padded.length; at++) grams.push(padded.slice(at, at + 3));
  return grams;
}

function pairs(text: string): ReadonlySet<string> {
  const both = text.split(" ").flatMap((pair) => [pair, pair.charAt(1) + pair.charAt(0)]);
  return new Set(both);
}

function isHangul(text: string): boolean {
  return /^[가-힣]+$/.test(text);
}
