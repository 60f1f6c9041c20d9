import { afterAll, beforeEach, expect, test } from "bun:test";
import * as v from "valibot";
import { fakeOpenAi, openAiErrors, type OpenAiReply } from "../../tests/fakes/fake-openai.ts";
import { ModelError } from "./model-error.ts";
import { openaiClient } from "./openai.ts";
import { tool } from "./tool-loop.ts";

let reply: OpenAiReply = {};
const server = fakeOpenAi(() => reply);
afterAll(() => server.stop());
beforeEach(() => {
  reply = {};
  server.trouble(undefined);
});

const signal = new AbortController().signal;
const key = "sk-only-0123456789";
const client = openaiClient({ key, baseUrl: server.baseUrl, firstRetryMs: 1 });
const ask = { messages: [{ role: "user", content: "페트병?" }] } as const;
const body = () => server.seen.at(-1)?.json;
const stream = () => Array.fromAsync(client.stream(ask, signal));
const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (cause: unknown) => (cause instanceof ModelError ? cause : undefined),
  );

test("a stream is asked for with its usage", async () => {
  reply = { text: "떼요" };
  await Array.fromAsync(
    client.stream(
      {
        messages: [{ role: "system", content: "짧게" }, ...ask.messages],
        temperature: 0.2,
        maxTokens: 50,
      },
      signal,
    ),
  );
  expect(server.seen.at(-1)).toMatchObject({ method: "POST", path: "/chat/completions" });
  expect(server.seen.at(-1)?.headers.get("authorization")).toBe(`Bearer ${key}`);
  expect(body()).toEqual({
    model: "gpt-5.2",
    messages: [
      { role: "system", content: "짧게" },
      { role: "user", content: "페트병?" },
    ],
    max_tokens: 50,
    stream: true,
    stream_options: { include_usage: true },
  });
});

test("only OpenAI itself gets its newer name of the token limit", async () => {
  let sent = "";
  const real = globalThis.fetch;
  const spy = (_url: unknown, init?: { body?: unknown }) => {
    sent = String(init?.body);
    return Promise.reject(new Error("stop here"));
  };
  globalThis.fetch = Object.assign(spy, { preconnect: real.preconnect }) as typeof fetch;
  try {
    await errorOf(openaiClient({ key, retries: 0 }).complete({ ...ask, maxTokens: 5 }, signal));
  } finally {
    globalThis.fetch = real;
  }
  expect(sent).toContain('"max_completion_tokens":5');
});

test("a model with a free temperature gets one", async () => {
  await client.complete({ ...ask, model: "gpt-4o-mini", temperature: 0.2 }, signal);
  expect(body()).toMatchObject({ model: "gpt-4o-mini", temperature: 0.2 });
});

test("a server of one's own needs no key", async () => {
  await openaiClient({ baseUrl: `${server.baseUrl}/`, model: "llama" }).complete(ask, signal);
  expect(server.seen.at(-1)).toMatchObject({ path: "/chat/completions" });
  expect(server.seen.at(-1)?.headers.has("authorization")).toBe(false);
});

test("usage tells cached and reasoning tokens", async () => {
  reply = { text: "떼요" };
  expect((await client.complete(ask, signal)).usage).toEqual({
    inputTokens: 11,
    cachedInputTokens: 4,
    outputTokens: 7,
    reasoningTokens: 2,
  });
});

test("a finish without [DONE] is a finish", async () => {
  reply = { text: "떼요", isWithoutDone: true };
  expect((await stream()).at(-1)).toEqual({ type: "finish", reason: "stop" });
});

test("streams one after the other share a connection", async () => {
  reply = { text: "떼요", manner: { everyMs: 2 } };
  await stream();
  const before = server.ports.size;
  for (let i = 0; i < 3; i++) await stream();
  expect(server.ports.size).toBe(before);
});

test("an error object in the middle of a stream ends it by its kind", async () => {
  reply = { text: "라벨", errorInStream: { message: `broke ${key}`, code: "server_error" } };
  const error = await errorOf(stream());
  expect(error).toMatchObject({ kind: "upstream", beforeFirstToken: false });
  expect(error?.message).not.toContain(key);
  reply = { errorInStream: { message: "slow", code: "rate_limit_exceeded" } };
  expect(await errorOf(stream())).toMatchObject({ kind: "rate_limited", beforeFirstToken: true });
});

test("a refusal is `content_filter`", async () => {
  reply = { refusal: "안 돼요" };
  expect(await errorOf(stream())).toMatchObject({ kind: "content_filter" });
  expect(await errorOf(client.complete(ask, signal))).toMatchObject({ kind: "content_filter" });
});

test.each([
  { name: "an empty account", trouble: openAiErrors.noQuota, kind: "quota" },
  { name: "a policy", trouble: openAiErrors.policy, kind: "content_filter" },
  {
    name: "a sentence for an error",
    trouble: { status: 404, body: '{"error":"model not found"}' },
    kind: "invalid_request",
  },
  { name: "a 200 that is no JSON", trouble: { status: 200, body: "<html>" }, kind: "bad_response" },
  { name: "a 200 without choices", trouble: { status: 200, body: "{}" }, kind: "bad_response" },
] as const)("$name is $kind, once", async ({ trouble, kind }) => {
  server.trouble(trouble);
  const before = server.seen.length;
  const error = await errorOf(client.complete(ask, signal));
  server.trouble(undefined);
  expect(error?.kind).toBe(kind);
  expect(server.seen.length - before).toBe(1);
});

test("a short rate limit is waited out", async () => {
  reply = { text: "떼요" };
  server.trouble(openAiErrors.rateLimit("0.05"), 1);
  expect((await client.complete(ask, signal)).text).toBe("떼요");
  server.trouble({ ...openAiErrors.rateLimit("60") });
  const error = await errorOf(client.complete(ask, signal));
  server.trouble(undefined);
  expect(error).toMatchObject({ retryAfterMs: 60_000, requestId: "req_1" });
});

test("schemas are strict: all required, what was optional may be null", async () => {
  reply = { text: '{"a":"x","list":[{"c":null}]}' };
  const inner = { type: "object", properties: { c: { type: "number" } } };
  const { data } = await client.json(
    {
      ...ask,
      name: "thing",
      schema: {
        type: "object",
        properties: { a: { type: "string" }, list: { type: "array", items: inner } },
        required: ["a", "list"],
      },
      output: v.unknown(),
    },
    signal,
  );
  expect(data).toEqual({ a: "x", list: [{}] });
  expect(body()?.["response_format"]).toEqual({
    type: "json_schema",
    json_schema: {
      name: "thing",
      strict: true,
      schema: {
        type: "object",
        properties: {
          a: { type: "string" },
          list: {
            type: "array",
            items: {
              type: "object",
              properties: { c: { anyOf: [{ type: "number" }, { type: "null" }] } },
              required: ["c"],
              additionalProperties: false,
            },
          },
        },
        required: ["a", "list"],
        additionalProperties: false,
      },
    },
  });
});

test("arguments that do not parse are told to the model, with the call's id", async () => {
  reply = { calls: [{ name: "find", arguments: '{"place":' }], text: "끝" };
  const find = tool({
    name: "find",
    description: "finds",
    parameters: { type: "object", properties: {} },
    input: v.unknown(),
    run: () => Promise.resolve("found"),
  });
  const { calls } = await client.tools({ ...ask, tools: [find], maxRounds: 2 }, signal);
  expect(calls).toEqual([
    {
      name: "find",
      args: '{"place":',
      result: { ok: false, message: "the arguments are not JSON" },
    },
  ]);
  expect(body()?.["messages"]).toEqual([
    { role: "user", content: "페트병?" },
    expect.objectContaining({ role: "assistant" }),
    { role: "tool", tool_call_id: "call_0", content: '{"error":"the arguments are not JSON"}' },
  ]);
});

test("a search asks Responses, with the question inside a message", async () => {
  reply = { text: "떼요" };
  await client.webSearch({ question: "페트병?", system: "짧게" }, signal);
  expect(server.seen.at(-1)?.path).toBe("/responses");
  expect(body()).toMatchObject({
    instructions: "짧게",
    input: [{ role: "user", content: [{ type: "input_text", text: "페트병?" }] }],
    tools: [{ type: "web_search", user_location: { country: "KR" } }],
    store: false,
    stream: true,
  });
});

test("a search that breaks is told by its kind", async () => {
  reply = { text: "떼", errorInStream: { message: "x", code: "rate_limit_exceeded" } };
  const question = { question: "x" };
  expect(await errorOf(client.webSearch(question, signal))).toMatchObject({ kind: "rate_limited" });
  reply = { text: "떼", finishReason: null };
  expect(await errorOf(client.webSearch(question, signal))).toMatchObject({ kind: "cut_off" });
});
