import { expect, test } from "bun:test";
import { josa } from "./josa.ts";

test.each([
  ["종이", "종이를"],
  ["종이팩", "종이팩을"],
  ["유리병", "유리병을"],
  ["PET", "PET를"],
  ["", "를"],
])("%s becomes %s", (word, told) => expect(josa(word, "을", "를")).toBe(told));
