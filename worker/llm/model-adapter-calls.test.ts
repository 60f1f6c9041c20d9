import { afterAll, describe, expect, test } from "bun:test";
import * as v from "valibot";
import { fakeModelKey, fakeModels } from "../../tests/fakes/fake-models.ts";
import { geminiClient } from "./gemini.ts";
import type { ModelSettings } from "./model-client.ts";
import { ModelError } from "./model-error.ts";
import { openaiClient } from "./openai.ts";
import { tool } from "./tool-loop.ts";

// What every provider's structured output, tools and search promise, shown against its protocol.

const providers = fakeModels();
afterAll(() => Promise.all(providers.map(({ server }) => server.stop())));

const never = new AbortController().signal;
const ask = { messages: [{ role: "user", content: "페트병?" }] } as const;
const clientOf =
  (name: "openai" | "google", baseUrl: string) =>
  (settings: ModelSettings = {}) => {
    const make = name === "openai" ? openaiClient : geminiClient;
    return make({ key: fakeModelKey, baseUrl, firstRetryMs: 1, ...settings });
  };
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

describe.each(providers)("$name", ({ name, server, next }) => {
  const client = clientOf(name, server.baseUrl);

  const item = {
    ...ask,
    name: "item",
    schema: {
      type: "object",
      properties: { item: { type: "string" }, note: { type: "string" } },
      required: ["item"],
      additionalProperties: false,
    },
    output: v.object({ item: v.string(), note: v.optional(v.string()) }),
  };

  test("JSON is checked, a null where none belongs is absence", async () => {
    next({ text: '{"item":"페트병","note":null}' });
    const { data, usage } = await client().json(item, never);
    expect(data).toEqual({ item: "페트병" });
    expect(usage.inputTokens).toBeGreaterThan(0);
  });

  test("JSON that does not fit is repaired once", async () => {
    next({ text: "```json\n{oops\n```" }, { text: '```json\n{"item":"캔"}\n```' });
    const before = server.seen.length;
    expect((await client().json(item, never)).data).toEqual({ item: "캔" });
    expect(server.seen.length - before).toBe(2);
    expect(server.seen.at(-1)?.text).toContain("not JSON");
    next({ text: '{"item":1}' });
    expect((await errorOf(client().json(item, never))).kind).toBe("bad_response");
    expect(server.seen.length - before).toBe(4);
  });

  test("pictures travel with the question", async () => {
    next({ text: '{"item":"캔"}' });
    const image = { mimeType: "image/jpeg", bytes: new Uint8Array([1, 2, 3]) };
    const content = [{ type: "image", image } as const, { type: "text", text: "이건?" } as const];
    await client().vision({ ...item, messages: [{ role: "user", content }] }, never);
    const body = server.seen.at(-1)?.text ?? "";
    expect(body).toContain("AQID");
    expect(body).toContain("image/jpeg");
  });

  const lookUp = (name: string, run: (args: { place: string }) => Promise<unknown>) =>
    tool({
      name,
      description: "finds",
      parameters: {
        type: "object",
        properties: { place: { type: "string" } },
        required: ["place"],
      },
      input: v.object({ place: v.string() }),
      run,
    });

  test("tools run side by side, and their results go back to the model", async () => {
    let running = 0;
    let most = 0;
    const slow = lookUp("find", async ({ place }) => {
      most = Math.max(most, ++running);
      await Bun.sleep(20);
      running -= 1;
      return `${place} 찾음`;
    });
    const calls = ["강남", "마포"].map((place) => ({ name: "find", args: { place } }));
    next({ calls }, { text: "두 곳이에요" });
    const answer = await client().tools({ ...ask, tools: [slow] }, never);
    expect(answer).toMatchObject({ text: "두 곳이에요", rounds: 2 });
    expect(answer.calls.map(({ result }) => result)).toEqual([
      { ok: true, value: "강남 찾음" },
      { ok: true, value: "마포 찾음" },
    ]);
    expect(most).toBe(2);
    const sent = server.seen.at(-1)?.text ?? "";
    expect(sent).toContain("강남 찾음");
    expect(sent).toContain("마포 찾음");
  });

  test("unknown tools, wrong arguments and tools that throw are told to the model", async () => {
    const broken = lookUp("broken", () => Promise.reject(new Error("secret detail")));
    next(
      {
        calls: [
          { name: "missing", args: {} },
          { name: "broken", args: { place: 7 } },
          { name: "broken", args: { place: "강남" } },
        ],
      },
      { text: "못 찾았어요" },
    );
    const { text, calls } = await client().tools({ ...ask, tools: [broken] }, never);
    expect(text).toBe("못 찾았어요");
    expect(calls.map(({ result }) => (result.ok ? "" : result.message))).toEqual([
      "no such tool",
      expect.stringContaining("string"),
      "the tool failed",
    ]);
    expect(String(calls[2]?.cause)).toContain("secret detail");
    expect(server.seen.at(-1)?.text).not.toContain("secret detail");
  });

  test("after five questions it is over, and the last forbids tools", async () => {
    const again = lookUp("find", () => Promise.resolve("more"));
    next({ text: "음", calls: [{ name: "find", args: { place: "강남" } }] });
    const before = server.seen.length;
    const answer = await client().tools({ ...ask, tools: [again], choice: "required" }, never);
    expect(answer).toMatchObject({ rounds: 5, text: "음" });
    expect(answer.calls.length).toBe(4);
    const asked = server.seen.slice(before).map(({ text }) => text);
    expect(asked.length).toBe(5);
    expect(asked[0]).toMatch(/"required"|"ANY"/);
    expect(asked[4]).toMatch(/"tool_choice":"none"|"mode":"NONE"/);
  });

  test("an abort during a tool ends the talk", async () => {
    const stop = new AbortController();
    const aborting = lookUp("find", () => {
      stop.abort(new Error("enough"));
      return Promise.resolve("late");
    });
    next({ calls: [{ name: "find", args: { place: "강남" } }] });
    const talking = client().tools({ ...ask, tools: [aborting] }, stop.signal);
    expect(await causeOf(talking)).toMatchObject({ message: "enough" });
  });

  test("a search brings text with its sources, each once, web addresses only", async () => {
    const source = { url: "https://me.go.kr/1", title: "환경부" };
    next({ text: "떼요", sources: [source, source, { url: "javascript:x", title: "no" }] });
    const answer = await client().webSearch({ question: "페트병?", system: "짧게" }, never);
    expect(answer).toMatchObject({ text: "떼요", citations: [source], queries: ["재활용"] });
  });
});
