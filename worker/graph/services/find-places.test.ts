import { afterAll, beforeEach, expect, test } from "bun:test";
import { fakeKakao } from "../../../tests/fakes/fake-kakao.ts";
import { fakeOpenAi, type OpenAiReply } from "../../../tests/fakes/fake-openai.ts";
import { kakaoLocal } from "../../../shared/apis/kakao-local.ts";
import { openaiClient } from "../../llm/openai.ts";
import { asking } from "../testing/asking.ts";
import { placeSearch } from "./find-places.ts";

const signal = new AbortController().signal;
const key = "a-key-0123456789";
let replies: OpenAiReply[] = [];
const kakao = fakeKakao();
const openai = fakeOpenAi(() => replies.shift() ?? {});
afterAll(() => Promise.all([kakao.stop(), openai.stop()]));
beforeEach(() => {
  openai.trouble(undefined);
  replies = [];
});
const search = placeSearch(kakaoLocal({ key, baseUrl: kakao.baseUrl, retries: 0 }));
const gpt = openaiClient({ key, baseUrl: openai.baseUrl, retries: 0, model: "gpt-5.2" });
const calls = (name: string, args: unknown): OpenAiReply => ({
  calls: [{ name, arguments: typeof args === "string" ? args : JSON.stringify(args) }],
});

const models: { name: string; said: OpenAiReply[]; asked: string[] }[] = [
  {
    name: "good arguments",
    said: [calls("search_places", { query: "리필샵", search_type: "keyword", near: "합정역" })],
    asked: ["합정역", "리필샵"],
  },
  {
    name: "arguments mended at the second try",
    said: [
      calls("search_places", "{broken"),
      calls("search_places", { query: "고물상", search_type: "keyword", near: "수원" }),
    ],
    asked: ["수원", "고물상"],
  },
  {
    name: "arguments that never parse",
    said: [calls("search_places", "{"), calls("search_places", "{")],
    asked: ["강남역", "제로웨이스트샵"],
  },
  {
    name: "a radius off the scale",
    said: [
      calls("search_places", { query: "x", search_type: "keyword", radius: 9e9 }),
      calls("search_places", {}),
    ],
    asked: ["강남역", "제로웨이스트샵"],
  },
  {
    name: "an unknown tool",
    said: [calls("delete_everything", {}), calls("delete_everything", {})],
    asked: ["강남역", "제로웨이스트샵"],
  },
  {
    name: "no call but words",
    said: [{ text: "강남에 많아요" }],
    asked: ["강남역", "제로웨이스트샵"],
  },
  { name: "an empty answer", said: [{ text: "" }], asked: ["강남역", "제로웨이스트샵"] },
];
test.each(models)("a model with $name leads to a search for $asked", async ({ said, asked }) => {
  replies = [...said];
  await search(asking("강남역 근처 제로웨이스트샵", { model: gpt }), signal);
  expect(kakao.seen.slice(-2).map(({ query }) => query.get("query"))).toEqual(asked);
  expect(openai.seen.at(-1)?.json["tool_choice"]).toBe("required");
});

test("a model that is down does not take the place search with it", async () => {
  openai.trouble({ status: 500 });
  const found = await search(asking("강남역 근처 고물상", { model: gpt }), signal);
  expect(found?.title).toContain("고물상");
});
