import { afterAll, expect, test } from "bun:test";
import * as v from "valibot";
import { fakeGemini, geminiErrors, type GeminiReply } from "../../tests/fakes/fake-gemini.ts";
import { geminiClient } from "./gemini.ts";
import { ModelError } from "./model-error.ts";
import { tool } from "./tool-loop.ts";
import { addUsage, estimateImageUsd, estimateUsd, noUsage } from "./usage.ts";

let replies: GeminiReply[] = [{}];
const server = fakeGemini(() => (replies.length > 1 ? replies.shift() : replies[0]) ?? {});
afterAll(() => server.stop());

const signal = new AbortController().signal;
const key = "AIza-only-0123456789";
const client = geminiClient({ key, baseUrl: server.baseUrl, firstRetryMs: 1 });
const ask = { messages: [{ role: "user", content: "페트병?" }] } as const;
const body = () => server.seen.at(-1)?.json;
const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (cause: unknown) => (cause instanceof ModelError ? cause : undefined),
  );

test("a stream is asked for as events, roles alternate, the system speaks apart", async () => {
  replies = [{ text: "떼요" }];
  const messages = [
    { role: "system", content: "짧게" },
    { role: "user", content: "안녕" },
    { role: "user", content: "페트병?" },
    { role: "assistant", content: "네" },
    { role: "user", content: "그럼?" },
  ] as const;
  await Array.fromAsync(client.stream({ messages, temperature: 0.2, maxTokens: 50 }, signal));
  const asked = server.seen.at(-1);
  expect(asked?.path).toBe("/models/gemini-3-flash-preview:streamGenerateContent");
  expect(asked?.query.get("alt")).toBe("sse");
  expect(asked?.query.has("key")).toBe(false);
  expect(asked?.headers.get("x-goog-api-key")).toBe(key);
  expect(body()).toEqual({
    contents: [
      { role: "user", parts: [{ text: "안녕" }, { text: "페트병?" }] },
      { role: "model", parts: [{ text: "네" }] },
      { role: "user", parts: [{ text: "그럼?" }] },
    ],
    systemInstruction: { parts: [{ text: "짧게" }] },
    generationConfig: { temperature: 0.2, maxOutputTokens: 50 },
  });
});

test("thoughts are no text, and count as output", async () => {
  replies = [{ text: "떼요" }];
  const { text, usage } = await client.complete(ask, signal);
  expect(text).toBe("떼요");
  expect(usage).toEqual({
    inputTokens: 20,
    cachedInputTokens: 5,
    outputTokens: 9,
    reasoningTokens: 3,
  });
});

test("a blocked prompt is `content_filter` with its reason", async () => {
  replies = [{ blockReason: "PROHIBITED_CONTENT" }];
  const blocked = { kind: "content_filter", providerCode: "PROHIBITED_CONTENT" };
  expect(await errorOf(client.complete(ask, signal))).toMatchObject(blocked);
  expect(await errorOf(Array.fromAsync(client.stream(ask, signal)))).toMatchObject(blocked);
});

test.each(["RECITATION", "SPII", "BLOCKLIST"])(
  "the finish %s is `content_filter`",
  async (finishReason) => {
    replies = [{ finishReason }];
    expect(await errorOf(client.complete(ask, signal))).toMatchObject({ kind: "content_filter" });
  },
);

test("a tool call the service could not read is `bad_response`", async () => {
  replies = [{ finishReason: "MALFORMED_FUNCTION_CALL" }];
  expect(await errorOf(client.complete(ask, signal))).toMatchObject({ kind: "bad_response" });
});

test.each([
  { name: "an account without a time to wait", trouble: geminiErrors.exhausted(), kind: "quota" },
  {
    name: "an error in a list",
    trouble: { status: 503, body: '[{"error":{"code":503,"message":"busy"}}]' },
    kind: "upstream",
  },
  {
    name: "a 200 with an error",
    trouble: { status: 200, body: '{"error":{"code":403,"message":"no"}}' },
    kind: "auth",
  },
  { name: "a 200 without candidates", trouble: { status: 200, body: "{}" }, kind: "bad_response" },
] as const)("$name is $kind", async ({ trouble, kind }) => {
  server.trouble(trouble);
  const error = await errorOf(client.complete(ask, signal));
  server.trouble(undefined);
  expect(error?.kind).toBe(kind);
});

test("a short delay is waited out", async () => {
  replies = [{ text: "떼요" }];
  server.trouble(geminiErrors.exhausted("0.05s"), 1);
  expect((await client.complete(ask, signal)).text).toBe("떼요");
});

test("JSON is asked for by schema", async () => {
  replies = [{ text: '{"a":1}' }];
  const schema = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };
  await client.json({ ...ask, name: "a", schema, output: v.object({ a: v.number() }) }, signal);
  expect(body()?.["generationConfig"]).toEqual({
    responseMimeType: "application/json",
    responseJsonSchema: schema,
  });
});

test("calls go back with their thought signatures, results as objects; schemas lose foreign words", async () => {
  replies = [{ calls: [{ name: "find", args: { title: "x" } }] }, { text: "끝" }];
  const parameters = {
    type: "object",
    properties: { title: { type: "string" } },
    required: ["title"],
    additionalProperties: false,
  };
  const find = tool({
    name: "find",
    description: "finds",
    parameters,
    input: v.object({ title: v.string() }),
    run: () => Promise.resolve(["found"]),
  });
  await client.tools({ ...ask, tools: [find] }, signal);
  expect(body()?.["contents"]).toEqual([
    { role: "user", parts: [{ text: "페트병?" }] },
    {
      role: "model",
      parts: [
        { text: "thinking it over", thought: true },
        { functionCall: { name: "find", args: { title: "x" } }, thoughtSignature: "sig-1" },
      ],
    },
    {
      role: "user",
      parts: [{ functionResponse: { name: "find", response: { result: ["found"] } } }],
    },
  ]);
  expect(JSON.stringify(body()?.["tools"])).toBe(
    '[{"functionDeclarations":[{"name":"find","description":"finds","parameters":{"type":"object","properties":{"title":{"type":"string"}},"required":["title"]}}]}]',
  );
});

test("a search asks for grounding and nothing else", async () => {
  replies = [{ text: "떼요" }];
  const answer = await client.webSearch({ question: "페트병?" }, signal);
  expect(body()?.["tools"]).toEqual([{ google_search: {} }]);
  expect(answer.citations).toEqual([]);
});

test("a price is told only for a model that has one", () => {
  const usage = {
    inputTokens: 1_000_000,
    cachedInputTokens: 400_000,
    outputTokens: 100_000,
    reasoningTokens: 0,
  };
  expect(estimateUsd("gpt-5.2", usage)).toBeNull();
  const prices = { m: { input: 1, cachedInput: 0.1, output: 10 } };
  expect(estimateUsd("m", usage, prices)).toBeCloseTo(0.6 + 0.04 + 1);
  expect(addUsage(usage, usage).outputTokens).toBe(200_000);
  expect(addUsage(noUsage, usage)).toEqual(usage);
  expect(estimateImageUsd("gpt-image-1.5", "medium")).toBe(0.07);
  expect(estimateImageUsd("gemini-3-pro-image-preview", "medium")).toBeNull();
});
