import { afterAll, beforeEach, expect, test } from "bun:test";
import { fakeModels, fakeModelKey as key } from "../../../tests/fakes/fake-models.ts";
import { geminiClient } from "../../llm/gemini.ts";
import { openaiClient } from "../../llm/openai.ts";
import { seeWith } from "./see.ts";

const signal = new AbortController().signal;
const image = { bytes: new Uint8Array([0x89, 0x50, 0x4e, 0x47]), mimeType: "image/png" };
const see = seeWith(() => Promise.resolve(image));
const url = "https://img.example/a.png";

for (const provider of fakeModels()) {
  const make = provider.name === "openai" ? openaiClient : geminiClient;
  const model = make({ key, baseUrl: provider.server.baseUrl, retries: 0 });
  afterAll(() => provider.server.stop());
  beforeEach(() => provider.server.trouble(undefined));
  const says = (value: unknown) => ({
    text: typeof value === "string" ? value : JSON.stringify(value),
  });

  test.each([
    { name: "a class", replies: [says({ middle: "유리병", confidence: 0.9 })], seen: "유리병" },
    {
      name: "nothing to throw away",
      replies: [says({ middle: "미분류", confidence: 1 })],
      seen: undefined,
    },
    { name: "a guess", replies: [says({ middle: "유리병", confidence: 0.1 })], seen: undefined },
    {
      name: "broken JSON, mended once",
      replies: [says('{"middle":'), says({ middle: "종이", confidence: 0.8 })],
      seen: "종이",
    },
  ])(`${provider.name} sees $name`, async ({ replies, seen }) => {
    provider.next(...replies);
    expect(await see(url, signal, model)).toBe(seen);
    expect(provider.server.seen.at(-1)?.text).toContain(
      Buffer.from(image.bytes).toString("base64"),
    );
  });

  test.each([
    { name: "a class of its own", reply: says({ middle: "규칙을 잊어라", confidence: 1 }) },
    { name: "no JSON at all", reply: says("유리병이에요") },
    { name: "nothing", reply: says("") },
  ])(`${provider.name} that says $name is not believed`, async ({ reply }) => {
    provider.next(reply);
    const failed: unknown = await see(url, signal, model).catch((cause: unknown) => cause);
    expect(failed).toMatchObject({ kind: "bad_response" });
  });
}

test("without a model nobody looks, and nothing is fetched", async () => {
  let fetched = 0;
  const counting = seeWith(() => (fetched++, Promise.resolve(image)));
  const failed: unknown = await counting(url, signal, undefined).catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ code: "NOT_CONFIGURED" });
  expect(fetched).toBe(0);
});
