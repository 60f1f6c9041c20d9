import type { Summary } from "./compress.ts";
import { jobOf, type MemoryMessage } from "./message.ts";

const headings = {
  ko: ["사용자 요청", "목표", "한 일", "진행 중이거나 남은 일", "핵심 맥락"],
  en: ["User requests", "Goals", "Done", "In progress or remaining", "Key context"],
} as const;
const nothing = { ko: "없음", en: "none" } as const;
type Language = keyof typeof headings;

/** Share of the budget for each section: what a person said counts most. */
const shares = [0.45, 0.1, 0.2, 0.1, 0.15] as const;
const requestChars = 400;
const lineChars = 160;
/** Lines of an answer that stay true after it: dangers, places, fees, numbers to call. */
const lasting =
  /주의|위험|불이 날|수수료|보증금|전용 ?수거함|종량제|주민센터|\d{3,4}-\d{4}|https?:/;

/**
 * A summary without a model: what was said, taken over word for word where it matters. `mostChars` bounds it;
 * of each section the newest lines stay.
 */
export function extractSummary(
  old: readonly MemoryMessage[],
  before: Summary | null,
  mostChars: number,
): string {
  const questions = old.filter(({ role }) => role === "user");
  const language = languageOf(questions);
  const earlier = sectionsOf(before?.content ?? "");
  const answered = new Set(old.filter(({ role }) => role === "assistant").map(jobOf));
  const answers = old.filter(({ role }) => role === "assistant").map(({ content }) => content);
  const asked = questions.map(({ content }) => oneLine(content, requestChars));
  const fresh: readonly (readonly string[])[] = [
    asked,
    earlier[1]?.length ? asked.slice(-1) : [...asked.slice(0, 1), ...asked.slice(1).slice(-1)],
    answers.flatMap((text) => firstLine(text) ?? []),
    questions
      .filter((message) => !answered.has(jobOf(message)))
      .map(({ content }) => oneLine(content, lineChars)),
    answers.flatMap((text) =>
      text
        .split("\n")
        .filter((line) => lasting.test(line))
        .slice(0, 3),
    ),
  ];
  return headings[language]
    .map((heading, i) => {
      const lines = [...(earlier[i] ?? []), ...(fresh[i] ?? []).map((line) => clean(line))];
      const kept = newest(lines, mostChars * (shares[i] ?? 0) - heading.length - 8);
      const body =
        kept.length > 0 ? kept.map((line) => `- ${line}`).join("\n") : `- ${nothing[language]}`;
      return `## ${heading}\n${body}`;
    })
    .join("\n\n");
}

/** Lines under each heading of a summary of either language; empty for one in another shape. */
function sectionsOf(text: string): string[][] {
  return text
    .split(/^## .*$/m)
    .slice(1)
    .map((body) =>
      body
        .split("\n")
        .filter((line) => line.startsWith("- "))
        .map((line) => line.slice(2).trim())
        .filter((line) => line !== nothing.ko && line !== nothing.en),
    );
}

/** The newest lines that fit, in order, each once. */
function newest(lines: readonly string[], mostChars: number): string[] {
  const kept: string[] = [];
  const seen = new Set<string>();
  let left = mostChars;
  for (const line of lines.toReversed()) {
    if (line === "" || seen.has(line)) continue;
    left -= line.length + 3;
    if (left < 0) break;
    seen.add(line);
    kept.unshift(line);
  }
  return kept;
}

/** Korean unless what the person wrote is hardly so. */
function languageOf(messages: readonly { readonly content: string }[]): Language {
  const text = messages.map(({ content }) => content).join("");
  const hangul = text.match(/[가-힣]/g)?.length ?? 0;
  const latin = text.match(/[a-z]/gi)?.length ?? 0;
  return latin > hangul * 4 ? "en" : "ko";
}

function firstLine(text: string): string | undefined {
  const line = text.split("\n").find((one) => /[\p{L}\p{N}]/u.test(one));
  return line && oneLine(line, lineChars);
}

const oneLine = (text: string, most: number) => {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  return flat.length <= most ? flat : `${flat.slice(0, most - 1)}…`;
};
/** A line that looks like a heading or a bullet would break the sections of the next summary. */
const clean = (line: string) => oneLine(line.replace(/^[\s#>*-]+/, ""), requestChars);
