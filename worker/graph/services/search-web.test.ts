import { afterAll, beforeEach, expect, test } from "bun:test";
import { systemClock as clock } from "../../../shared/clock.ts";
import { fakeGemini } from "../../../tests/fakes/fake-gemini.ts";
import { fakeOpenAi } from "../../../tests/fakes/fake-openai.ts";
import { fakeDuckDuckGo, fakeTavily, tavilyErrors } from "../../../tests/fakes/fake-search.ts";
import { duckDuckGo } from "../../apis/duckduckgo.ts";
import { openaiImages } from "../../apis/openai-images.ts";
import { notConfigured } from "../../../shared/apis/result.ts";
import { tavily } from "../../apis/tavily.ts";
import { geminiClient } from "../../llm/gemini.ts";
import { asking } from "../testing/asking.ts";
import { drawImage } from "./draw-image.ts";
import { searchWeb } from "./search-web.ts";

const signal = new AbortController().signal;
const key = "a-key-0123456789";
const fakes = { tavily: fakeTavily(), duck: fakeDuckDuckGo() };
const openai = fakeOpenAi(() => ({}));
const gemini = fakeGemini(() => ({
  text: "찾은 답",
  sources: [{ uri: "https://a.kr/1", title: "a" }],
}));
const servers = [fakes.tavily, fakes.duck, openai, gemini];
afterAll(() => Promise.all(servers.map((server) => server.stop())));
beforeEach(() => {
  for (const server of servers) server.trouble(undefined);
});
const api = (server: { baseUrl: string }) => ({ key, baseUrl: server.baseUrl, retries: 0 });
const services = {
  web: searchWeb({
    isNative: true,
    tavily: tavily(api(fakes.tavily)),
    duckDuckGo: duckDuckGo({ baseUrl: fakes.duck.baseUrl, clock, retries: 0, spacingMs: 0 }),
  }),
};

test("the web: the model's own search, then Tavily, then DuckDuckGo", async () => {
  const google = geminiClient({ ...api(gemini), model: "gemini-3-flash-preview" });
  const native = await services.web(asking("최신 분리배출 정책", { model: google }), signal);
  expect(native?.lines).toEqual(["찾은 답", "a (a.kr) https://a.kr/1"]);
  gemini.trouble({ status: 500 });
  const second = await services.web(asking("최신 분리배출 정책", { model: google }), signal);
  expect(second?.lines[0]).toStartWith(
    "분리배출 안내 (example.kr, 2026-01-18): 라벨을 떼고 헹궈요.",
  );
  fakes.tavily.trouble(tavilyErrors.planLimit);
  const third = await services.web(asking("최신 분리배출 정책"), signal);
  expect(third?.lines[0]).toContain("(a.kr): 라벨을 떼고");
  fakes.duck.trouble({ status: 403 });
  expect(await services.web(asking("정책"), signal).catch((cause: Error) => cause)).toMatchObject({
    kind: "quota",
  });
});

test("a picture is stored, and only its address is told", async () => {
  const make = openaiImages({ ...api(openai) });
  const kept: number[] = [];
  const draw = drawImage(make, async (image) => {
    kept.push(image.bytes.length);
    return "https://cdn.example.kr/generated/1.png";
  });
  const drawn = await draw(asking("이코 그려줘"), signal);
  expect(drawn?.lines).toEqual(["![만든 그림](https://cdn.example.kr/generated/1.png)"]);
  expect(kept[0]).toBeGreaterThan(50);
});

test("without any engine it is not configured", async () => {
  const engines = {
    isNative: false,
    tavily: notConfigured("Tavily"),
    duckDuckGo: notConfigured("D"),
  };
  const nothing: unknown = await searchWeb(engines)(asking("정책"), signal).catch(
    (c: unknown) => c,
  );
  expect(nothing).toMatchObject({ code: "NOT_CONFIGURED" });
});
