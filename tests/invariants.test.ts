import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const table = readFileSync(join(import.meta.dir, "INVARIANTS.md"), "utf8")
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter(([, number = ""]) => /^[A-Z]\d+$/.test(number))
  .map(([, number = "", promise = "", shown = ""]) => ({ number, promise, shown }));

/** Files of a row's last cell, each with the texts named after it. */
function named(shown: string): { file: string; texts: string[] }[] {
  const files: { file: string; texts: string[] }[] = [];
  for (const [, span = ""] of shown.matchAll(/`([^`]+)`/g)) {
    if (span.endsWith(".test.ts")) files.push({ file: span, texts: [] });
    else files.at(-1)?.texts.push(span);
  }
  return files;
}

test.each([
  ["I", 31],
  ["F", 18],
  ["B", 6],
] as const)("every number of %s stands in the table, 1 to %i", (letter, last) => {
  const numbers = new Set(table.map(({ number }) => number).filter((one) => one[0] === letter));
  expect([...numbers]).toEqual(Array.from({ length: last }, (_, i) => `${letter}${i + 1}`));
});

test("every test the table names is there", () => {
  const missing: string[] = [];
  for (const { number, promise, shown } of table) {
    const files = named(shown);
    if (files.length === 0) missing.push(`${number} ${promise}: names no file`);
    for (const { file, texts } of files) {
      const path = join(root, file);
      const text = existsSync(path) ? readFileSync(path, "utf8") : undefined;
      if (texts.length === 0 || text === undefined) missing.push(`${number}: ${file}`);
      for (const one of texts) if (!text?.includes(one)) missing.push(`${number}: ${file}: ${one}`);
    }
  }
  expect(missing).toEqual([]);
});
