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

/** The character asked for by name or by the thing it stands for; all of them when none was named. */
export function character(tools: Tools): SubAgentSpec<readonly CharacterFact[]> {
  const { characters, retrieval, knowledge } = tools;
  return {
    node: "character",
    work: async ({ text }) => {
      const named = characters.findCharacter(text);
      if (named) return [asCharacterFact(named)];
      const byThing = retrieval
        .find(text)
        .flatMap(({ rule }) => characters.characterForClass(rule.middle) ?? []);
      const found = byThing.length > 0 ? [...new Set(byThing)] : knowledge.characters;
      return found.map(asCharacterFact);
    },
    result: (found) => ({
      found: found !== undefined,
      characters: found?.map(({ name }) => name) ?? [],
    }),
  };
}
