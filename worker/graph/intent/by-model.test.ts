import { afterAll, describe, expect, test } from "bun:test";
import { fakeModelKey, fakeModels } from "../../../tests/fakes/fake-models.ts";
import { systemClock } from "../../../shared/clock.ts";
import { createLog } from "../../../shared/log.ts";
import { geminiClient } from "../../llm/gemini.ts";
import { openaiClient } from "../../llm/openai.ts";
import type { RunContext } from "../run-context.ts";
import type { State } from "../state.ts";
import { createTools } from "../tools.ts";
import { decideByModel } from "./by-model.ts";
import { intentKey, readStored, type TextCache } from "./cache.ts";
import { createIntentNode } from "./intent.ts";

const nothing = { turns: [], intents: [], confidence: 0 };
const never = new AbortController().signal;
const says = (data: unknown) => ({ text: JSON.stringify(data) });
const single = (intent: string, confidence = 0.9) => says({ intent, confidence, reasoning: "…" });
const several = says({ is_multi: true, reason: "", detected_categories: [], confidence: 0.9 });

describe.each(fakeModels())("$name", (provider) => {
  afterAll(() => provider.server.stop());
  const make = provider.name === "openai" ? openaiClient : geminiClient;
  const model = make({
    key: fakeModelKey,
    baseUrl: provider.server.baseUrl,
    model: provider.name === "openai" ? "gpt-5.2" : "gemini-3-flash-preview",
    retries: 0,
  });
  const decide = (message: string, before = nothing as Parameters<typeof decideByModel>[1]) =>
    decideByModel(message, before, model, never);

  test("a short message is classified in one call", async () => {
    provider.next(single("waste"));
    expect(await decide("페트병 버려?")).toEqual({
      intents: ["waste"],
      queries: [],
      confidence: 0.9,
    });
  });

  test("a message that asks for several things is taken apart, each part classified", async () => {
    const queries = ["종이 버리는 법 알려줘", "종이 수거함 알려줘"];
    provider.next(
      several,
      says({ is_compound: true, queries }),
      single("waste"),
      single("collection_point", 0.7),
    );
    const decided = await decide("종이 버리는 법이랑 수거함도 알려줘");
    expect(decided.intents.toSorted()).toEqual(["collection_point", "waste"]);
    expect(decided.queries.toSorted()).toEqual(queries.toSorted());
    expect(decided.confidence).toBe(0.7);
  });

  test("parts of one intent are one, and there are at most three", async () => {
    provider.next(
      several,
      says({ is_compound: true, queries: ["가", "나", "다", "라"] }),
      single("waste"),
    );
    expect(await decide("페트병이랑 캔이랑 병이랑 옷 버리는 법")).toMatchObject({
      intents: ["waste"],
      queries: [],
    });
  });

  test("a model that cannot tell one from several classifies the whole", async () => {
    provider.next({ text: "??" }, { text: "??" }, single("weather"));
    expect((await decide("오늘 날씨도 알려 줄 수 있어?")).intents).toEqual(["weather"]);
  });

  test("broken JSON is repaired once, then given up", async () => {
    provider.next({ text: "waste!" }, single("waste"));
    expect((await decide("페트병 버려?")).intents).toEqual(["waste"]);
    provider.next({ text: "waste!" });
    expect(decide("페트병 버려?")).rejects.toThrow();
  });

  test("an intent nobody knows is no answer", async () => {
    provider.next(single("gossip"));
    expect(decide("페트병 버려?")).rejects.toThrow();
  });

  test("the turn before makes some intents surer, when it was sure itself", async () => {
    provider.next(single("location", 0.7));
    const before = { turns: [], intents: ["waste"] as const, confidence: 0.9 };
    expect((await decide("그럼 어디로 가?", before)).confidence).toBe(0.85);
    expect((await decide("그럼 어디로 가?", { ...before, confidence: 0.5 })).confidence).toBe(0.7);
  });

  const node = createIntentNode;
  const run = (over: Partial<RunContext> = {}) =>
    ({
      model,
      signal: never,
      log: createLog(() => {}),
      stage: () => {},
      ...over,
    }) as unknown as RunContext;
  const state = (message: string, over: Partial<State> = {}) =>
    ({
      job_id: "j",
      message,
      intent_history: [],
      intent_confidence: 0,
      messages: [],
      ...over,
    }) as State;
  const memory = () => {
    const kept = new Map<string, string>();
    const cache: TextCache = {
      read: async (key) => kept.get(key) ?? null,
      write: async (key, text) => void kept.set(key, text),
    };
    return { kept, cache };
  };

  test("the node falls back to the rules", async () => {
    provider.next({ text: "no" });
    const update = await node(createTools(systemClock))(state("페트병 어떻게 버려?"), run());
    expect(update.intent).toBe("waste");
  });

  test("what has no history is asked once; what has one, each time", async () => {
    const { kept, cache } = memory();
    const decideIt = node(createTools(systemClock, { intentCache: cache }));
    provider.next(single("weather"), single("character"));
    expect((await decideIt(state("페트병?"), run())).intent).toBe("weather");
    expect((await decideIt(state(" 페트병? "), run())).intent).toBe("weather");
    expect(kept.size).toBe(1);
    const messages = [{ id: "a", role: "user" as const, content: "안녕" }];
    expect((await decideIt(state("페트병?", { messages }), run())).intent).toBe("character");
    expect(kept.size).toBe(1);
  });
});

test("what is stored is checked when it is read", () => {
  const stored = { intents: ["waste"], queries: [], confidence: 0.9 };
  expect(readStored(JSON.stringify(stored))).toEqual(stored as never);
  for (const text of [null, "", "{", "{}", '{"intents":["gossip"],"queries":[],"confidence":1}']) {
    expect(readStored(text)).toBeUndefined();
  }
  expect(intentKey(" A ", "m")).toBe(intentKey("a", "m"));
  expect(intentKey("a", "m")).not.toBe(intentKey("a", "n"));
});
