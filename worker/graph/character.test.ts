import { expect, test } from "bun:test";
import { systemClock as clock } from "../../shared/clock.ts";
import type { Character } from "../../shared/characters/catalog.ts";
import { character } from "./character.ts";
import type { Query } from "./run-context.ts";
import { createTools } from "./tools.ts";

const row = (over: Partial<Character>): Character => ({
  id: crypto.randomUUID(),
  code: "char-glassy",
  name: "글래시",
  description: null,
  type: "유리병",
  dialog: "말",
  match: "유리병",
  ...over,
});
const ask = async (
  text: string,
  matchCharacter?: (label: string) => Promise<Character | undefined>,
) => {
  const tools = createTools(clock, matchCharacter ? { matchCharacter } : {});
  const spec = character(tools);
  const found = await spec.work({ text } as Query, new AbortController().signal);
  return found?.map(({ name, lines }) => ({ name, lines: lines.length }));
};
const question = "소주병 버리면 어떤 캐릭터 줘?";

test.each([
  ["without a catalogue the knowledge says whom a thing earns", undefined, "글래시", 3],
  ["a name of the catalogue counts", async () => row({ name: "유리쨩" }), "유리쨩", 3],
  [
    "so does a character the knowledge does not have",
    async () => row({ code: "char-new", name: "새싹" }),
    "새싹",
    1,
  ],
  ["while it is away the knowledge does", () => Promise.reject(new Error("away")), "글래시", 3],
] as const)("%s", async (_name, match, name, lines) => {
  expect(await ask(question, match)).toEqual([{ name, lines }]);
});

test("a class that earns nobody any more earns nobody", async () => {
  expect(await ask(question, async () => undefined)).toBeUndefined();
});
