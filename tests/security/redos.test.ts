import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";
import { input } from "../../shared/limits.ts";

const root = join(import.meta.dir, "../..");

interface Found {
  readonly file: string;
  readonly regex: RegExp;
}

/** A regex literal where one may stand: after an operator, a bracket or a keyword. */
const literal =
  /(?:[=(,:[!&|?{;>]|return|^)\s*\/((?:[^/\\\n[*]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*)\/([dgimsuvy]*)/gm;

/** Every regex of the processes and of the page. What is no regex after all does not compile, or is harmless. */
async function findRegexes(): Promise<Found[]> {
  const found: Found[] = [];
  for await (const path of new Glob("{gateway,shared,worker,router,web}/**/*.{ts,tsx}").scan(
    root,
  )) {
    if (/\.test\.tsx?$|(^|\/)testing\/|node_modules|dist\//.test(path)) continue;
    const text = await Bun.file(join(root, path)).text();
    for (const [, source = "", flags = ""] of text.matchAll(literal)) {
      try {
        found.push({ file: path, regex: new RegExp(source, flags) });
      } catch {
        // a division, or a path in a comment
      }
    }
  }
  return found;
}

/** What backtracking feeds on, repeated to the length a message may have. */
const pumps =
  "a 0 . , - _ = / : ; < > ( ) [ ] { } \" ' ` * # | \\ ! 가 ab 0. :: a. [a]( ** A1 라벨 버리"
    .split(" ")
    .concat(" ", "\t", "\n", "\r\n", "a ", "<a ", "가 ");
const starts = ["", "Bearer ", "redis+sentinel://", "http://", "0-", "<", "[", "(", "2026-"];
/** The longest text a person may send. */
const length = input.messageChars;
/** Linear work takes 1 ms; squares of this length take 100 and more, and hold up every other job of the process. */
const boundMs = 100;
/** Slower, and harmless: what they meet is not a person's text as it came. */
const harmless: readonly string[] = [
  "worker/llm/openai-wire.ts /\\/+$/", // an address of the configuration
  "worker/llm/gemini-wire.ts /\\/+$/",
  "worker/llm/local.ts /\\s*\\S+\\s?/g", // sentences of our own
  "worker/graph/intent/split.ts /(?<=[?!.])", // white space was folded to one blank before
  "web/app/view/chat-label.ts /^\\s*(?:#", // runs in the browser of who wrote it
];

const all = await findRegexes();

test("the search finds regexes in every part", () => {
  expect(all.length).toBeGreaterThan(80);
  for (const part of ["gateway", "shared", "worker", "web"]) {
    expect(all.filter(({ file }) => file.startsWith(`${part}/`)).length).toBeGreaterThan(3);
  }
});

function millisecondsOf(regex: RegExp, text: string): number {
  const times = [];
  do {
    regex.lastIndex = 0;
    const startedAt = performance.now();
    regex.test(text);
    times.push(performance.now() - startedAt);
  } while (times.length < 3 && Math.min(...times) > boundMs); // a busy machine is no slow regex
  return Math.min(...times);
}

describe("no text of a person stalls", () => {
  const named = all.map(({ file, regex }) => [`${file} ${String(regex)}`, regex] as const);
  const judged = named.filter(([name]) => !harmless.some((one) => name.startsWith(one)));
  test.each(judged)("%s", (_name, regex) => {
    for (const pump of pumps) {
      const body = pump.repeat(Math.ceil(length / pump.length));
      for (const start of starts) {
        for (const end of ["", "\u0001"]) {
          const tookMs = millisecondsOf(regex, start + body + end);
          if (tookMs <= boundMs) continue;
          throw new Error(`${JSON.stringify(start)} + ${JSON.stringify(pump)}…: ${tookMs} ms`);
        }
      }
    }
  });
});
