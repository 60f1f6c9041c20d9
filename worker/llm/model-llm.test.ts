import { expect, test } from "bun:test";
import { AppError } from "../../shared/errors.ts";
import { noFacts } from "./facts.ts";
import type { Prompt } from "./llm.ts";
import { localLlm } from "./local.ts";
import { createMeter } from "./meter.ts";
import type { Message, ModelClient, ModelEvent, ModelRequest } from "./model-client.ts";
import { ModelError } from "./model-error.ts";
import { modelLlm } from "./model-llm.ts";

const prompt: Prompt = {
  system: "존댓말로 답해요.",
  sections: [{ title: "배출 규칙", text: "라벨을 떼요" }],
  history: [{ role: "assistant", content: "안녕하세요" }],
  question: "페트병은?",
  facts: noFacts,
};

/** A client of which only the stream is used. */
function streams(events: readonly ModelEvent[], cause?: unknown) {
  const seen: (readonly Message[])[] = [];
  const stream = async function* (request: ModelRequest) {
    seen.push(request.messages);
    yield* events;
    if (cause !== undefined) throw cause;
  };
  return { llm: modelLlm({ stream } as unknown as ModelClient), seen };
}

async function said(llm: ReturnType<typeof modelLlm>, signal = new AbortController().signal) {
  const pieces: string[] = [];
  for await (const piece of llm(prompt, signal)) pieces.push(piece);
  return pieces;
}

test("sends persona, history, sections and question, and hands on the words", async () => {
  const { llm, seen } = streams([
    { type: "text", text: "라벨을 " },
    { type: "text", text: "" },
    { type: "text", text: "떼세요" },
    { type: "finish", reason: "stop" },
  ]);
  expect(await said(llm)).toEqual(["라벨을 ", "떼세요"]);
  expect(seen[0]).toEqual([
    { role: "system", content: "존댓말로 답해요." },
    { role: "assistant", content: "안녕하세요" },
    {
      role: "user",
      content: '<자료 제목="배출 규칙">\n라벨을 떼요\n</자료>\n\n<질문>\n페트병은?\n</질문>',
    },
  ]);
});

test.each([
  { name: "a busy model", cause: new ModelError("rate_limited", "slow down"), code: "MODEL_BUSY" },
  { name: "a refused key", cause: new ModelError("auth", "no"), code: "MODEL_FAILED" },
  { name: "anything else", cause: new Error("bug"), code: "MODEL_FAILED" },
])("$name rises as $code", async ({ cause, code }) => {
  const failed = await said(streams([], cause).llm).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(AppError);
  expect((failed as AppError).code).toBe(code as "MODEL_BUSY");
});

test("an abort rises as its own reason", async () => {
  const abort = new AbortController();
  abort.abort("cancelled");
  const { llm } = streams([], new Error("aborted"));
  expect(await said(llm, abort.signal).catch((reason: unknown) => reason)).toBe("cancelled");
});

test("the offline mode speaks in pieces that join to one text, and stops when aborted", async () => {
  const pieces = await said(localLlm());
  expect(pieces.length).toBeGreaterThan(10);
  expect(pieces.join("")).toEndWith("정리해 드렸어요._");
  expect(pieces.join("")).toContain("\n\n- **버리는 방법**");
  const abort = new AbortController();
  const spoken: string[] = [];
  const run = (async () => {
    for await (const piece of localLlm({ paceMs: 1 })(prompt, abort.signal)) {
      spoken.push(piece);
      if (spoken.length === 3) abort.abort("cancelled");
    }
  })();
  expect(await run.catch((reason: unknown) => reason)).toBe("cancelled");
  expect(spoken).toHaveLength(3);
});

/** Each call of the client takes the next script: pieces, then perhaps a failure. */
function scripted(
  provider: "openai" | "google",
  ...scripts: readonly { says?: readonly string[]; fails?: ModelError | Error }[]
) {
  const left = [...scripts];
  const stream = async function* (): AsyncGenerator<ModelEvent> {
    const { says: words = [], fails } = left.shift() ?? {};
    for (const text of words) yield { type: "text", text };
    if (fails) throw fails;
    const usage = { inputTokens: 10, cachedInputTokens: 4, outputTokens: 5, reasoningTokens: 0 };
    yield { type: "usage", usage };
    yield { type: "finish", reason: "stop" };
  };
  return { provider, model: `${provider}-m`, stream, left } as unknown as ModelClient & {
    left: unknown[];
  };
}
const busy = new ModelError("upstream", "503");
const refused = new ModelError("auth", "401");
const filtered = new ModelError("content_filter", "no");

async function answered(first: ModelClient, others: readonly ModelClient[] = []) {
  const switches: string[] = [];
  const meter = createMeter({
    chosen: first,
    prices: { "openai-m": { input: 1, cachedInput: 0.5, output: 10 } },
    onSwitch: ({ from, to, reason }) => switches.push(`${from} > ${to}: ${reason}`),
  });
  const words: string[] = [];
  const run = (async () => {
    const signal = new AbortController().signal;
    for await (const word of modelLlm(first, others)(prompt, signal, meter)) words.push(word);
  })();
  const failed = await run.then(
    () => undefined,
    (cause: unknown) => (cause as AppError).code,
  );
  return { words, failed, switches, usage: meter.report() };
}

const fine = { says: ["좋", "아요"] };
test.each([
  {
    name: "a failure that passes is tried once more",
    one: [{ fails: busy }, fine],
    two: [],
    words: ["좋", "아요"],
    switched: 0,
    failed: undefined,
  },
  {
    name: "two failures bring the other provider",
    one: [{ fails: busy }, { fails: busy }],
    two: [fine],
    words: ["좋", "아요"],
    switched: 1,
    failed: undefined,
  },
  {
    name: "a refused key brings it at once",
    one: [{ fails: refused }],
    two: [fine],
    words: ["좋", "아요"],
    switched: 1,
    failed: undefined,
  },
  {
    name: "silence counts as a failure",
    one: [{}, {}],
    two: [fine],
    words: ["좋", "아요"],
    switched: 1,
    failed: undefined,
  },
  {
    name: "after the first word nobody else speaks",
    one: [{ says: ["앞"], fails: busy }],
    two: [fine],
    words: ["앞"],
    switched: 0,
    failed: "MODEL_BUSY",
  },
  {
    name: "what is refused on principle is not carried on",
    one: [{ fails: filtered }],
    two: [fine],
    words: [],
    switched: 0,
    failed: "MODEL_FAILED",
  },
  {
    name: "a bug of ours is no reason to ask another",
    one: [{ fails: new Error("bug") }],
    two: [fine],
    words: [],
    switched: 0,
    failed: "MODEL_FAILED",
  },
  {
    name: "when all fail it is told",
    one: [{ fails: refused }],
    two: [{ fails: busy }, { fails: busy }],
    words: [],
    switched: 1,
    failed: "MODEL_BUSY",
  },
])("$name", async ({ one, two, words, switched, failed }) => {
  const second = scripted("google", ...two);
  const told = await answered(scripted("openai", ...one), [second]);
  expect<unknown>([told.words, told.failed]).toEqual([words, failed]);
  expect(told.switches).toHaveLength(switched);
  if (switched === 0) expect(second.left).toHaveLength(two.length);
});

test("what was used is summed by model; a cost is told only when every price is known", async () => {
  const known = await answered(scripted("openai", fine));
  expect(known.usage).toEqual({
    calls: 1,
    input_tokens: 10,
    cached_input_tokens: 4,
    output_tokens: 5,
    reasoning_tokens: 0,
    cost_usd: (6 * 1 + 4 * 0.5 + 5 * 10) / 1e6,
    models: ["openai/openai-m"],
  });
  const switched = await answered(scripted("openai", { fails: refused }), [
    scripted("google", fine),
  ]);
  expect(switched.usage).toMatchObject({ calls: 2, cost_usd: null, models: ["google/google-m"] });
  expect(switched.switches).toEqual(["openai/openai-m > google/google-m: auth"]);
});

test("a job that asks models without end is stopped", () => {
  const meter = createMeter({ chosen: { provider: "openai", model: "m" } });
  const ask = () => {
    for (let i = 0; i < 100; i++) meter.begin();
  };
  expect(ask).toThrow("budget");
});
