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
      const byThing = things.flatMap(({ rule }) => characters.characterForClass(rule.middle) ?? []);
      // a class without a character, or somebody we never had: better none than all the others
      if (
        byThing.length === 0 &&
        (things.length > 0 || (asksForOne.test(text) && !anyOfThem.test(text)))
      )
        return undefined;
      const found = byThing.length > 0 ? [...new Set(byThing)] : knowledge.characters;
      return found.map(asCharacterFact);
    },
    result: (found) => ({
      found: found !== undefined,
      characters: found?.map(({ name }) => name) ?? [],
    }),
  };
}
