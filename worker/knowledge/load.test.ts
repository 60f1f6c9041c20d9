import { expect, test } from "bun:test";
import { Glob } from "bun";
import { middles } from "./classes.ts";
import { KnowledgeError, loadKnowledge, type Source, validateKnowledge } from "./load.ts";
import { sources } from "./sources.ts";

type Record_ = Record<string, unknown>;
type Files = { file: string; data: { records: Record_[] } & Record_ }[];

const knowledge = loadKnowledge();

test("every YAML file in items is listed in sources", async () => {
  const onDisk = await Array.fromAsync(new Glob("*.yaml").scan(`${import.meta.dir}/items`));
  const listed = sources.flatMap(({ file }) =>
    file.startsWith("items/") ? file.slice("items/".length) : [],
  );
  expect(onDisk.length).toBeGreaterThan(0);
  expect(listed.sort()).toEqual(onDisk.sort());
});

test("the files hold as much as the product promises", () => {
  expect(knowledge.rules).toHaveLength(19);
  expect(knowledge.tags).toHaveLength(79);
  expect(knowledge.characters).toHaveLength(13);
  expect(knowledge.collectionPoints).toHaveLength(8);
  expect(knowledge.prices.entries).toHaveLength(21);
  expect(knowledge.prices.regions).toHaveLength(9);
  expect(knowledge.items.length).toBeGreaterThanOrEqual(250);
});

test("every class has a rule, and items unless it is the unknown one", () => {
  for (const middle of middles) {
    expect(knowledge.rules.filter((rule) => rule.middle === middle)).toHaveLength(1);
    const items = knowledge.items.filter((item) => item.middle === middle);
    expect({ middle, empty: items.length === 0 }).toEqual({ middle, empty: middle === "미분류" });
  }
});

test.each([
  { rule: "rule-glass", facts: ["70원", "100원", "130원", "350원", "무인회수기"] },
  { rule: "rule-electronics", facts: ["1599-0903", "15990903.or.kr", "5개 이상", "2026년"] },
  { rule: "rule-lighting", facts: ["2023-01-01", "수은", "환기", "장갑", "진공청소기"] },
  { rule: "rule-battery", facts: ["절연테이프", "모래", "납축전지", "종량제봉투"] },
  { rule: "rule-hazardous", facts: ["우체통", "폐의약품", "물약", "하수구", "밀폐 용기"] },
  { rule: "rule-construction", facts: ["5톤"] },
  { rule: "rule-bulky", facts: ["스티커", "과태료", "조례"] },
])("$rule states its facts", ({ rule, facts }) => {
  const text = JSON.stringify(knowledge.rules.find(({ id }) => id === rule));
  for (const fact of facts) expect(text).toContain(fact);
});

test("no sentence was cut at a comma inside a YAML list", () => {
  const texts: string[] = [];
  JSON.stringify(knowledge, (_, value: unknown) => {
    if (typeof value === "string") texts.push(value);
    return value;
  });
  const count = (text: string, mark: string) => text.split(mark).length;
  const cut = texts.filter(
    (text) => count(text, "(") !== count(text, ")") || count(text, "'") % 2 === 0,
  );
  expect(cut).toEqual([]);
});

test("no price is made up: without survey data there are no numbers", () => {
  for (const entry of knowledge.prices.entries) {
    if (entry.surveyed === undefined) expect(entry.prices).toBeUndefined();
  }
});

const flaws: { name: string; breaks: (files: Files) => void; says: string[] }[] = [
  {
    name: "an item of an unknown class",
    breaks: (files) => change(files, "items/paper.yaml", { middle: "종이류" }),
    says: ["items/paper.yaml", "item-corrugated-box", "middle", "unknown class"],
  },
  {
    name: "an item whose middle is of another major",
    breaks: (files) => change(files, "items/paper.yaml", { major: "대형폐기물" }),
    says: ["item-corrugated-box", "middle", "종이 does not belong to 대형폐기물"],
  },
  {
    name: "an alternative of an unknown class",
    breaks: (files) => {
      const alternatives = [{ when: "젖었을 때", major: "재활용폐기물", middle: "젖은종이" }];
      change(files, "items/paper.yaml", { alternatives });
    },
    says: ["item-corrugated-box", "alternatives.0.middle", "unknown class"],
  },
  {
    name: "two items with one id",
    breaks: (files) => change(files, "items/vinyl.yaml", { id: "item-corrugated-box" }),
    says: ["items/vinyl.yaml", "item-corrugated-box id", "duplicate", "items/paper.yaml"],
  },
  {
    name: "a synonym that another item has, spaced and cased differently",
    breaks: (files) => change(files, "items/vinyl.yaml", { synonyms: ["택 배 상자"] }),
    says: ["items/vinyl.yaml", "synonyms", "택 배 상자", "item-corrugated-box"],
  },
  {
    name: "a synonym that differs only in its Unicode form",
    breaks: (files) =>
      change(files, "items/vinyl.yaml", { synonyms: ["골판지류".normalize("NFD")] }),
    says: ["items/vinyl.yaml", "synonyms", "duplicate", "item-corrugated-box"],
  },
  {
    name: "an item without its rule",
    breaks: (files) => change(files, "items/paper.yaml", { rule_id: "rule-cardboard" }),
    says: ["item-corrugated-box", "rule_id", "rule-cardboard"],
  },
  {
    name: "an item with the rule of another class",
    breaks: (files) => change(files, "items/paper.yaml", { rule_id: "rule-glass" }),
    says: ["item-corrugated-box", "rule_id", "유리병"],
  },
  {
    name: "a class without a rule",
    breaks: (files) => recordsOf(files, "rules.yaml").splice(0, 1),
    says: ["rules.yaml", "no rule for class 종이"],
  },
  {
    name: "an unsure item without notes",
    breaks: (files) => {
      change(files, "items/paper.yaml", { confidence: "B" });
      delete recordsOf(files, "items/paper.yaml")[0]?.["notes"];
    },
    says: ["item-corrugated-box", "notes", "confidence is B"],
  },
  {
    name: "an unsure rule without a local note",
    breaks: (files) => {
      change(files, "rules.yaml", { confidence: "C" });
      delete recordsOf(files, "rules.yaml")[0]?.["local_note"];
    },
    says: ["rules.yaml", "rule-paper", "local_note", "confidence is C"],
  },
  {
    name: "a character of another class",
    breaks: (files) => change(files, "items/paper.yaml", { character: "바다거북" }),
    says: ["item-corrugated-box", "character", "바다거북", "종이"],
  },
  {
    name: "a missing tag",
    breaks: (files) => recordsOf(files, "tags.yaml").pop(),
    says: ["tags.yaml", "78 tags, expected 79"],
  },
  {
    name: "a tag that sends things to an unknown class",
    breaks: (files) =>
      change(files, "tags.yaml", { implies: { step_add: [], step_skip: [], reroute: "바다" } }),
    says: ["tags.yaml", "내용물_있음", "implies.reroute", "unknown class"],
  },
  {
    name: "a missing character",
    breaks: (files) => recordsOf(files, "characters.yaml").pop(),
    says: ["characters.yaml", "12 characters, expected 13"],
  },
  {
    name: "two default characters",
    breaks: (files) => {
      const second = recordsOf(files, "characters.yaml")[1];
      if (second !== undefined) second["is_default"] = true;
    },
    says: ["characters.yaml", "is_default", "2 defaults"],
  },
  {
    name: "an unknown schema version",
    breaks: (files) => changeFile(files, "tags.yaml", { schema_version: 2 }),
    says: ["tags.yaml", "schema_version"],
  },
  {
    name: "an unknown kind",
    breaks: (files) => changeFile(files, "tags.yaml", { kind: "stickers" }),
    says: ["tags.yaml", "kind"],
  },
  {
    name: "a misspelt field",
    breaks: (files) => change(files, "items/paper.yaml", { synonym: ["상자"] }),
    says: ["items/paper.yaml", "item-corrugated-box", "synonym"],
  },
  {
    name: "an umbrella word for an unknown price entry",
    breaks: (files) =>
      changeFile(files, "prices.yaml", {
        umbrellas: [{ words: ["금붙이"], items: ["price-gold"] }],
      }),
    says: ["prices.yaml", "umbrellas", "price-gold"],
  },
  {
    name: "a price without the month it was surveyed",
    breaks: (files) => change(files, "prices.yaml", { prices: { nationwide: 100 } }),
    says: ["prices.yaml", "price-newspaper", "surveyed"],
  },
];

test.each(flaws)("$name is refused, and the message says where", ({ breaks, says }) => {
  const message = refusal(breaks);
  for (const words of says) expect(message).toContain(words);
});

test("one error lists every problem", () => {
  const message = refusal((files) => flaws.slice(0, 2).forEach(({ breaks }) => breaks(files)));
  expect(message).toContain("unknown class");
  const both = refusal((files) => {
    change(files, "items/paper.yaml", { rule_id: "rule-nothing" });
    recordsOf(files, "tags.yaml").pop();
  });
  expect(both).toContain("2 problem(s)");
  expect(both).toContain("rule-nothing");
  expect(both).toContain("78 tags");
});

function refusal(breaks: (files: Files) => void): string {
  const files = structuredClone(sources) as Source[] as Files;
  breaks(files);
  try {
    validateKnowledge(files);
  } catch (cause) {
    expect(cause).toBeInstanceOf(KnowledgeError);
    return cause instanceof Error ? cause.message : "";
  }
  throw new Error("the flaw was accepted");
}

function recordsOf(files: Files, file: string): Record_[] {
  return files.find((one) => one.file === file)?.data.records ?? [];
}

/** Changes the first record of a file. */
function change(files: Files, file: string, fields: Record_): void {
  Object.assign(recordsOf(files, file)[0] ?? {}, fields);
}

function changeFile(files: Files, file: string, fields: Record_): void {
  Object.assign(files.find((one) => one.file === file)?.data ?? {}, fields);
}
