import { expect, test } from "bun:test";
import type { Intent, SubAgent } from "../../shared/contract/stages.ts";
import { checkContracts, contracts, isRequired } from "./contracts.ts";
import { effectivePriority, policies } from "./policies.ts";
import { createProgress } from "./progress.ts";
import { route, type Routed } from "./routing.ts";

const year = 2026;
const plain = {
  confidence: 0.9,
  additionalIntents: [],
  hasLocation: false,
  message: "질문",
  year,
} as const;

test.each<{ name: string; given: Partial<Routed> & { intent: Intent }; nodes: SubAgent[] }>([
  {
    name: "waste brings the weather along",
    given: { intent: "waste" },
    nodes: ["waste_rag", "weather"],
  },
  { name: "so does bulk waste", given: { intent: "bulk_waste" }, nodes: ["bulk_waste", "weather"] },
  {
    name: "a character alone",
    given: { intent: "character", hasLocation: true, message: "최신" },
    nodes: ["character"],
  },
  {
    name: "each additional intent once, in order",
    given: { intent: "waste", additionalIntents: ["location", "weather", "waste"] },
    nodes: ["waste_rag", "location", "weather"],
  },
  {
    name: "a place brings the weather",
    given: { intent: "collection_point", hasLocation: true },
    nodes: ["collection_point", "weather"],
  },
  {
    name: "small talk with a place does not",
    given: { intent: "general", hasLocation: true },
    nodes: ["general"],
  },
  {
    name: "an unsure general asks the web",
    given: { intent: "general", confidence: 0.74 },
    nodes: ["general", "web_search"],
  },
  {
    name: "a sure one does not",
    given: { intent: "general", confidence: 0.75 },
    nodes: ["general"],
  },
  {
    name: "a timely word asks the web",
    given: { intent: "waste", message: "요즘 페트병" },
    nodes: ["waste_rag", "weather", "web_search"],
  },
  {
    name: "this year is timely",
    given: { intent: "location", message: "2026 행사" },
    nodes: ["location", "web_search"],
  },
  {
    name: "next year too",
    given: { intent: "location", message: "2027 행사" },
    nodes: ["location", "web_search"],
  },
  {
    name: "two years ago is not",
    given: { intent: "location", message: "2024 행사" },
    nodes: ["location"],
  },
  {
    name: "a picture wants no web",
    given: { intent: "image_generation", message: "최신", hasLocation: true },
    nodes: ["image_generation"],
  },
])("$name", ({ given, nodes }) => {
  expect([...route({ ...plain, ...given }).keys()]).toEqual(nodes);
});

test("a rule that breaks skips itself only", () => {
  const broken = {
    node: "weather" as const,
    notFor: [],
    applies: () => {
      throw new Error("broken");
    },
  };
  const works = { node: "web_search" as const, notFor: [], applies: () => true };
  const nodes = route({ ...plain, intent: "location" }, [broken, works]);
  expect([...nodes]).toEqual([
    ["location", "asked"],
    ["web_search", "enrichment"],
  ]);
});

test("every contract has a producer, and one without is refused at the start", () => {
  expect(() => checkContracts()).not.toThrow();
  const waste = { required: ["nobodys_field" as "disposal_rules"], optional: [] };
  expect(() => checkContracts({ ...contracts, waste })).toThrow("START_CHECK_FAILED");
  expect(isRequired("waste_rag", "waste")).toBe(true);
  expect(isRequired("weather", "waste")).toBe(false);
});

test.each([
  { elapsedMs: 0, isFallback: false, priority: 0 },
  { elapsedMs: 6_400, isFallback: false, priority: 0 },
  { elapsedMs: 0, isFallback: true, priority: 15 },
  { elapsedMs: 7_210, isFallback: true, priority: 5 },
  { elapsedMs: 7_610, isFallback: true, priority: 0 },
  { elapsedMs: 80_000, isFallback: true, priority: 0 },
])("waste_rag after $elapsedMs ms, fallback $isFallback: priority $priority", (given) => {
  expect(effectivePriority(policies.waste_rag, given.elapsedMs, given.isFallback)).toBe(
    given.priority,
  );
});

test("progress rises from the stored value through the phases to the answer", () => {
  const progress = createProgress(10);
  expect(progress.at("intent", "started")).toBe(10);
  expect(progress.at("intent", "completed")).toBe(15);
  progress.plan(3);
  expect(progress.at("router", "completed")).toBe(20);
  expect(progress.at("waste_rag", "started")).toBe(20);
  expect(progress.at("weather", "skipped")).toBe(31);
  expect(progress.at("waste_rag", "completed")).toBe(43);
  expect(progress.at("feedback", "completed")).toBe(55);
  expect(progress.at("web_search", "completed")).toBe(55);
  expect(progress.at("aggregator", "completed")).toBe(65);
  expect(progress.at("answer", "completed")).toBe(90);
});
