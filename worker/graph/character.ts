import type { Middle } from "../knowledge/classes.ts";
import type { Character } from "../knowledge/schema.ts";
import type { CharacterFact } from "../llm/facts.ts";
import type { Tools } from "./run-context.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

export function asCharacterFact(character: Character): CharacterFact {
  return {
    name: character.name,
    code: character.code,
    label: character.match_label ?? character.catalog_label,
    personality: character.personality,
    lines: character.lines,
  };
}

const asksForOne = /[가-힣]{2,12} ?캐릭(?:터)?(?:도|가|는|은)? ?(?:있|없)/;
const anyOfThem = /(?:분리 ?(?:배출|수거)|재활용|무슨|어떤|다른|전체|모든|환경) ?캐릭/;

/** The character asked for by name or by the thing it stands for; all of them when none was named. */
export function character(tools: Tools): SubAgentSpec<readonly CharacterFact[]> {
  const { characters, retrieval, knowledge } = tools;
  return {
    node: "character",
    work: async ({ text }) => {
      const named = characters.findCharacter(text);
      if (named) return [asCharacterFact(named)];
      const things = retrieval.find(text);
      const earned = await Promise.all(things.map(({ rule }) => earnedBy(tools, rule.middle)));
      const byThing = [
        ...new Map(earned.flatMap((one) => (one ? [[one.code, one]] : []))).values(),
      ];
      // a class without a character, or somebody we never had: better none than all the others
      if (
        byThing.length === 0 &&
        (things.length > 0 || (asksForOne.test(text) && !anyOfThem.test(text)))
      )
        return undefined;
      return byThing.length > 0 ? byThing : knowledge.characters.map(asCharacterFact);
    },
    result: (found) => ({
      found: found !== undefined,
      characters: found?.map(({ name }) => name) ?? [],
    }),
  };
}

/**
 * Whom a scan of this class earns: the catalogue says, as it does to the scan, and the knowledge adds what it knows of
 * them. Without a catalogue, or while it does not answer, the knowledge alone.
 */
async function earnedBy(
  { matchCharacter, characters }: Tools,
  middle: Middle,
): Promise<CharacterFact | undefined> {
  const known = characters.characterForClass(middle);
  const ours = known && asCharacterFact(known);
  if (!matchCharacter) return ours;
  const match = await matchCharacter(middle).catch(() => "away" as const);
  if (match === "away") return ours;
  if (!match) return undefined;
  const { code, name, description, dialog } = match;
  if (code === ours?.code) return { ...ours, name };
  return { code, name, label: middle, personality: description ?? "", lines: [dialog] };
}
