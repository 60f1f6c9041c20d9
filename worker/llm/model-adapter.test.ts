import { afterAll, afterEach, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { bound } from "../../shared/testing/bound.ts";
import { fakeModelKey, fakeModels } from "../../tests/fakes/fake-models.ts";
import { geminiClient } from "./gemini.ts";
import type { ModelEvent, ModelSettings } from "./model-client.ts";
import { ModelError } from "./model-error.ts";
import { openaiClient } from "./openai.ts";

// What every provider's stream promises, shown against a server that speaks that provider's protocol.

const providers = fakeModels();
afterEach(() => providers.forEach(({ server }) => server.trouble(undefined)));
afterAll(() => Promise.all(providers.map(({ server }) => server.stop())));

const never = new AbortController().signal;
const ask = { messages: [{ role: "user", content: "페트병?" }] } as const;
const clientOf =
  (name: "openai" | "google", baseUrl: string) =>
  (settings: ModelSettings = {}) => {
    const make = name === "openai" ? openaiClient : geminiClient;
    return make({ key: fakeModelKey, baseUrl, firstRetryMs: 1, ...settings });
  };
const textOf = (events: readonly ModelEvent[]) =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");

const causeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (cause: unknown) => cause,
  );

/** The error of a promise, which has to be a ModelError. */
async function errorOf(work: Promise<unknown>): Promise<ModelError> {
  const cause = await causeOf(work);
  if (cause instanceof ModelError) return cause;
  throw new Error(`expected a ModelError, got ${String(cause)}`);
}

describe.each(providers)("$name", ({ name, server, next, rateLimit, badKey }) => {
  const client = clientOf(name, server.baseUrl);
  const stream = (signal = never, settings?: ModelSettings) =>
    Array.fromAsync(client(settings).stream(ask, signal));

  test("text comes in pieces, then usage, then finish", async () => {
    next({ text: "라벨을 떼고 헹궈요 ♻️" });
    const events = await stream();
    expect(textOf(events)).toBe("라벨을 떼고 헹궈요 ♻️");
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["usage", "finish"]);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
    const usage = events.find((event) => event.type === "usage")?.usage;
    expect(usage?.inputTokens).toBeGreaterThan(usage?.cachedInputTokens ?? 0);
    expect(usage?.outputTokens).toBeGreaterThan(usage?.reasoningTokens ?? 0);
  });

  test("however the bytes are cut on the wire, the text is the same", async () => {
    const characters = fc.constantFrom(
      "가",
      "♻️",
      "👩‍🔧",
      "a",
      "\n",
      "\\n",
      '"',
      "data: ",
      "\u2028",
      " ",
    );
    const texts = fc.array(characters, { minLength: 1, maxLength: 20 }).map((all) => all.join(""));
    const sizes = fc.integer({ min: 1, max: 64 });
    await fc.assert(
      fc.asyncProperty(texts, sizes, fc.boolean(), async (text, bytesPerChunk, crlf) => {
        next({ text, manner: { bytesPerChunk, crlf } });
        expect(textOf(await stream())).toBe(text);
      }),
      { numRuns: 25 },
    );
  });

  test("the token limit is a finish of its own", async () => {
    next({ text: "라벨을", ending: "length" });
    expect((await stream()).at(-1)).toEqual({ type: "finish", reason: "length" });
  });

  test("a stream that stops without a finish is cut off", async () => {
    next({ text: "라벨을", ending: "none" });
    const error = await errorOf(stream());
    expect(error).toMatchObject({ kind: "cut_off", beforeFirstToken: false });
    next({ ending: "none" });
    expect(await errorOf(stream())).toMatchObject({ kind: "cut_off", beforeFirstToken: true });
  });

  test("a socket that dies in the middle is cut off, and the text so far was handed out", async () => {
    next({ text: "라벨을 떼고 헹궈요", manner: { cutAfterChunks: 4 } });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of client().stream(ask, never)) {
        if (event.type === "text") seen.push(event.text);
      }
    })();
    expect(await errorOf(reading)).toMatchObject({ kind: "cut_off", beforeFirstToken: false });
    expect(seen.length).toBeGreaterThan(0);
    expect("라벨을 떼고 헹궈요").toStartWith(seen.join(""));
  });

  test("a body cut inside an event is cut off, not bad", async () => {
    next({ text: "라벨을", manner: { bytesPerChunk: 30, cutAfterChunks: 2 } });
    expect((await errorOf(stream())).kind).toBe("cut_off");
  });

  test("silence in the middle is a timeout, and the socket is closed", async () => {
    const before = server.abandoned();
    next({ text: "라벨을 떼고", manner: { silentAfterChunks: 4 } });
    const error = await errorOf(stream(never, { readTimeoutMs: 600 }));
    expect(error).toMatchObject({ kind: "timeout", beforeFirstToken: false });
    await server.untilAbandoned(before + 1);
  });

  test("a slow reader is not silence", async () => {
    next({ text: "라벨을 떼고" });
    const events: ModelEvent[] = [];
    for await (const event of client({ readTimeoutMs: 600 }).stream(ask, never)) {
      events.push(event);
      if (events.length === 1) await Bun.sleep(900);
    }
    expect(textOf(events)).toBe("라벨을 떼고");
  });

  test("the caller's abort rises as its own reason, and the server sees it within 300 ms", async () => {
    const before = server.abandoned();
    next({ text: "라벨을 떼고", manner: { silentAfterChunks: 4 } });
    const stop = new AbortController();
    const reason = new Error("cancelled by the user");
    const read = async () => {
      for await (const event of client().stream(ask, stop.signal)) {
        if (event.type === "text") stop.abort(reason);
      }
    };
    const cause = causeOf(read());
    expect(await server.untilAbandoned(before + 1)).toBeLessThan(bound(300));
    expect(await cause).toBe(reason);
    expect(await causeOf(stream(stop.signal))).toBe(reason);
  });

  test("a reader that leaves closes the socket within 300 ms", async () => {
    const before = server.abandoned();
    next({ text: "라벨을 떼고", manner: { silentAfterChunks: 4 } });
    for await (const event of client().stream(ask, never)) {
      if (event.type === "text") break;
    }
    expect(await server.untilAbandoned(before + 1)).toBeLessThan(bound(300));
  });

  test("a server that never answers is a timeout before the first token, not tried again", async () => {
    server.trouble("hang");
    const before = server.seen.length;
    const error = await errorOf(stream(never, { readTimeoutMs: 600 }));
    expect(error).toMatchObject({ kind: "timeout", beforeFirstToken: true });
    expect(server.seen.length - before).toBe(1);
  });

  test.each([
    { status: 500, kind: "upstream", count: 3 },
    { status: 503, kind: "upstream", count: 3 },
    { status: 400, kind: "invalid_request", count: 1 },
    { status: 401, kind: "auth", count: 1 },
    { status: 403, kind: "auth", count: 1 },
    { status: 404, kind: "invalid_request", count: 1 },
    { status: 302, kind: "bad_response", count: 1 },
  ] as const)("HTTP $status is $kind after $count tries", async ({ status, kind, count }) => {
    server.trouble({ status, body: "<html>" });
    const before = server.seen.length;
    const error = await errorOf(stream());
    expect(error).toMatchObject({ kind, status, beforeFirstToken: true });
    expect(server.seen.length - before).toBe(count);
  });

  test("a server that recovers is not noticed", async () => {
    next({ text: "떼요" });
    server.trouble({ status: 503 }, 2);
    expect(textOf(await stream())).toBe("떼요");
  });

  test("a rate limit says how long to wait, and a long wait is not ours", async () => {
    server.trouble(rateLimit);
    const before = server.seen.length;
    const error = await errorOf(stream());
    expect(error).toMatchObject({ kind: "rate_limited", retryAfterMs: 9000, isPassing: true });
    expect(server.seen.length - before).toBe(1);
  });

  test("a bad key is `auth`, and is in no message", async () => {
    server.trouble(badKey);
    const error = await errorOf(client().complete(ask, never));
    expect(error.kind).toBe("auth");
    expect(`${error.message} ${String(error.cause)}`).not.toContain(fakeModelKey);
  });

  test("nobody listening is `network`", async () => {
    const settings = { baseUrl: "http://127.0.0.1:1", retries: 0 };
    expect(await errorOf(stream(never, settings))).toMatchObject({ kind: "network" });
  });

  test("a blocked answer is `content_filter`", async () => {
    next({ ending: "blocked" });
    expect((await errorOf(stream())).kind).toBe("content_filter");
    expect((await errorOf(client().complete(ask, never))).kind).toBe("content_filter");
  });
});
