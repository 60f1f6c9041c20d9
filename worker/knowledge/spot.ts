import { createDictionary, type Match, pickLongest } from "./dictionary.ts";
import { endsWithFinal, type Text } from "./text.ts";
import * as wording from "./wording.ts";

/** A name found in a text. `certainty` falls when the words around it leave doubt that it is meant. */
export type Spotted<T> = {
  start: number;
  end: number;
  value: T;
  certainty: number;
  /** It is part of a longer unknown word, which may be a misspelt name. */
  inLongerWord: boolean;
};

export type Spotting<T> = {
  spotted: Spotted<T>[];
  /** The pieces of the question around the names. */
  fillers: { start: number; end: number }[];
};

type Piece<T> = { value: T } | { filler: "context" | "question" };

/**
 * Finds names in Korean text: the longest first, and only where the letters around them allow a noun. Short
 * everyday names count only in a message with a context word, by default one about throwing away.
 */
export function createSpotter<T>(
  names: Iterable<readonly [string, T]>,
  contextWords: readonly string[] = wording.disposalWords,
) {
  const pieces: [string, Piece<T>][] = [];
  for (const [surface, value] of names) pieces.push([surface, { value }]);
  for (const word of contextWords) pieces.push([word, { filler: "context" }]);
  for (const word of wording.questionWords) pieces.push([word, { filler: "question" }]);
  const dictionary = createDictionary(pieces);

  return (text: Text): Spotting<T> => {
    let candidates = dictionary.scan(text);
    const inContext = candidates.some(
      ({ value }) => "filler" in value && value.filler === "context",
    );
    for (;;) {
      const picked = pickLongest(candidates);
      const refused = new Set<Match<Piece<T>>>();
      const spotted: Spotted<T>[] = [];
      picked.forEach((match, index) => {
        if ("filler" in match.value) return;
        const around = surroundings(text, picked, index);
        const certainty = weigh(text, match, around, inContext);
        if (certainty === 0) refused.add(match);
        else {
          const inLongerWord = !wording.isParticles(around.tail) || around.head !== "";
          spotted.push({ ...spanOf(match), value: match.value.value, certainty, inLongerWord });
        }
      });
      if (refused.size === 0) {
        const fillers = picked.filter(({ value }) => "filler" in value).map(spanOf);
        return { spotted, fillers };
      }
      candidates = candidates.filter((match) => !refused.has(match));
    }
  };
}

type Around = {
  /** Letters of the same word between this match and the one before it, or the word's beginning. */
  head: string;
  headAtWordStart: boolean;
  tail: string;
  /** What comes next: the surface of the next match when it follows at once or after one space. */
  next: string;
  nextIsName: boolean;
};

function surroundings<T>(text: Text, picked: readonly Match<Piece<T>>[], index: number): Around {
  const match = picked[index] as Match<Piece<T>>;
  const before = picked[index - 1];
  const after = picked[index + 1];
  let from = match.start;
  while (from > (before?.end ?? 0) && text.starts[from] === false) from--;
  let to = match.end;
  while (to < (after?.start ?? text.chars.length) && text.ends[to - 1] === false) to++;
  const adjoins = after !== undefined && after.start === to;
  return {
    head: text.chars.slice(from, match.start),
    headAtWordStart: text.starts[from] === true,
    tail: text.chars.slice(match.end, to),
    next: adjoins ? text.chars.slice(after.start, after.end) : "",
    nextIsName: adjoins && "value" in after.value && text.ends[to - 1] === false,
  };
}

/** How surely a match is the thing itself: 1 for a plain noun, 0 when it cannot be one. */
function weigh<T>(text: Text, match: Match<T>, around: Around, inContext: boolean): number {
  const surface = text.chars.slice(match.start, match.end);
  const strict = surface.length === 1 || wording.everydayNames.has(surface);
  if (strict && !isWholeWord(text, match, surface, around, inContext)) return 0;
  const spansWords = text.starts.slice(match.start + 1, match.end).includes(true);
  const known = wording.isParticles(around.tail);
  if (spansWords && (around.head !== "" || !known)) return 0;
  let certainty = 1;

  if (around.head !== "" && around.headAtWordStart) {
    if (endsWithFinal(around.head, "ㄴ") || wording.isQualifier(around.head)) certainty *= 0.95;
    else if (surface.length >= 3) certainty *= 0.85;
    else if (around.head.length >= 2) certainty *= 0.75;
    else return 0;
  } else if (around.head !== "" && !wording.isParticles(around.head)) {
    if (surface.length < 3) return 0;
    certainty *= 0.85;
  }

  if (!known) {
    if (surface.length >= 3) certainty *= 0.6;
    else if (wording.opensWithParticle(around.tail)) certainty *= 0.8;
    else return 0;
  } else if (wording.isOblique(around.tail)) certainty *= 0.6;
  if (around.nextIsName && around.tail === "") certainty *= 0.7; // 노트북가방: the last noun is the thing
  if (wording.refusals.has(around.next)) certainty *= 0.3;
  return certainty;
}

/** A one-syllable or everyday name counts only as a word of its own, in context or as the whole question. */
function isWholeWord<T>(
  text: Text,
  match: Match<T>,
  surface: string,
  around: Around,
  inContext: boolean,
): boolean {
  if (around.head !== "" && !wording.isParticles(around.head)) return false;
  if (around.head === "" && text.starts[match.start] === false && around.nextIsName) return false;
  if (!wording.isPlainParticle(around.tail)) return false;
  const following = text.chars.slice(match.end + around.tail.length);
  if (/^\d/.test(following) && around.tail === "") return false; // 약 3시간
  if (surface === "못" && around.tail === "") return following === "" || /^[어분]/.test(following);
  const isListed = /^(?:이?랑|하고)/.test(around.tail);
  return inContext || isListed || around.next !== "" || following === "";
}

function spanOf({ start, end }: { start: number; end: number }): { start: number; end: number } {
  return { start, end };
}
