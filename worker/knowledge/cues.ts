import { createDictionary, type Match, pickLongest } from "./dictionary.ts";
import type { Middle } from "./classes.ts";
import type { Tag } from "./schema.ts";
import { endsWithFinal, normalise, type Text } from "./text.ts";

type Span = { start: number; end: number };

/** Where a thing was named, and the class whose tags it may carry. */
export type Named = Span & { middle: Middle };

export type CueReader = {
  /**
   * The tags of each thing. A cue goes to the thing it speaks of: "깨진 유리컵" to the one that follows,
   * "유리컵이 깨졌어" to the one before. Safety first.
   */
  tagsOf: (text: Text, things: readonly Named[]) => Tag[][];
  /** Where states are spoken of, overlaps included. */
  statesIn: (text: Text) => Span[];
  /** Whether a name is only part of a longer state: the 기름 of "기름 묻은 상자". */
  isPartOfState: (name: Span, states: readonly Span[]) => boolean;
};

/** Recognises situation tags by the words people type. */
export function createCueReader(tags: readonly Tag[]): CueReader {
  const cues = createDictionary(tagsBy(tags, (tag) => tag.cues));
  const phrases = createDictionary(tagsBy(tags, (tag) => tag.phrases ?? []));

  return {
    tagsOf: (text, things) => {
      const found = things.map(() => new Set<Tag>());
      if (things.length === 0) return [];
      const said: Match<{ thing: number; tags: Tag[] }>[] = [];
      for (const { start, end, value } of cues.scan(text)) {
        const thing = thingOf(start, text.chars.slice(start, end), things);
        const middle = things[thing]?.middle;
        const fitting = value.filter(
          ({ classes }) => middle !== undefined && (classes?.includes(middle) ?? true),
        );
        if (fitting.length > 0) said.push({ start, end, value: { thing, tags: fitting } });
      }
      for (const { value } of pickLongest(said)) {
        for (const tag of value.tags) found[value.thing]?.add(tag);
      }
      for (const { start, end, value } of phrases.scan(text)) {
        const thing = nearest(start, end, things);
        for (const tag of value) found[thing]?.add(tag);
      }
      return found.map((set) => [...set].sort((a, b) => a.priority - b.priority));
    },
    statesIn: (text) => cues.scan(text),
    isPartOfState: ({ start, end }, states) =>
      states.some(
        (one) => one.start <= start && one.end >= end && one.end - one.start > end - start,
      ),
  };
}

function tagsBy(tags: readonly Tag[], wordsOf: (tag: Tag) => readonly string[]) {
  const byWord = new Map<string, Tag[]>();
  for (const tag of tags) {
    for (const word of wordsOf(tag).map(normalise)) {
      byWord.set(word, [...(byWord.get(word) ?? []), tag]);
    }
  }
  return byWord;
}

function thingOf(at: number, cue: string, things: readonly Named[]): number {
  const within = things.findIndex(({ start, end }) => at >= start && at < end);
  // Inside a name only a state counts: 깨진유리 is broken, 기름종이 is not greasy.
  if (within !== -1) return endsWithFinal(cue, "ㄴ") ? within : -1;
  const next = things.findIndex(({ start }) => start > at);
  const last = things.findLastIndex(({ end }) => end <= at);
  const looksBack = endsWithFinal(cue, "ㅆ") || endsWithFinal(cue, "ㅁ");
  if (looksBack) return last === -1 ? next : last;
  return next === -1 ? last : next;
}

/** The thing a phrase overlaps, or else the one after it, or before it. */
function nearest(start: number, end: number, things: readonly Named[]): number {
  const over = things.findIndex((thing) => start < thing.end && end > thing.start);
  if (over !== -1) return over;
  const next = things.findIndex((thing) => thing.start >= end);
  return next === -1 ? things.length - 1 : next;
}
