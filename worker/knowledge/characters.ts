import type { Middle } from "./classes.ts";
import type { Character, Knowledge } from "./schema.ts";
import { createSpotter } from "./spot.ts";
import { normalise, readText } from "./text.ts";
import { disposalWords } from "./wording.ts";

export type Characters = {
  /** The character a message asks about, or undefined when it means the thing and not the character. */
  findCharacter: (message: string) => Character | undefined;
  characterForClass: (middle: Middle) => Character | undefined;
  /** The one everybody has from the start. */
  defaultCharacter: Character | undefined;
};

/** Words that turn "캔" into the can's character. */
const plainIntent = "캐릭터 누구 누군 소개 도감 컬렉션 성격 만나".split(" ");
/** The same, unless the message is about throwing away: "캔 모아서 버려도 돼?" */
const collecting = "얻 모으 모은 모아".split(" ");

type Named = { character: Character; surface: string; everyday: boolean };

export function createCharacters({ characters }: Knowledge): Characters {
  const names = characters.flatMap((character) => {
    const everyday = new Set(character.everyday.map(normalise));
    return [character.name, ...character.aliases].map((alias): [string, Named] => {
      const surface = normalise(alias);
      return [surface, { character, surface, everyday: everyday.has(surface) }];
    });
  });
  const spot = createSpotter(names, [...plainIntent, ...collecting]);
  const byClass = new Map(characters.map((one) => [one.match_label, one]));

  return {
    findCharacter: (message) => {
      const text = readText(message);
      const named = spot(text).spotted.map(({ value }) => value);
      const meant = asksForCharacter(text.chars) ? named : named.filter((one) => !one.everyday);
      return meant.toSorted((a, b) => b.surface.length - a.surface.length)[0]?.character;
    },
    characterForClass: (middle) => byClass.get(middle),
    defaultCharacter: characters.find((one) => one.is_default),
  };
}

function asksForCharacter(chars: string): boolean {
  const says = (words: readonly string[]) => words.some((word) => chars.includes(word));
  return says(plainIntent) || (says(collecting) && !says(disposalWords));
}
