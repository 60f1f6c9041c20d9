import { expect, test } from "bun:test";
import { systemClock as clock } from "../shared/clock.ts";
import { help, readConfig } from "./config.ts";
import { servicesFrom } from "./outside.ts";

const required = {
  REDIS_STREAMS_URL: "redis://localhost:6379/0",
  REDIS_PUBSUB_URL: "redis://localhost:6379/1",
  RABBITMQ_URL: "amqp://localhost",
  DATABASE_URL: "postgres://localhost/eco2",
};
const cache = { get: async () => null, set: async () => "OK" } as never;
const set = (env: Record<string, string>, over = {}) =>
  Object.keys(servicesFrom(readConfig({ ...required, ...env }), { clock, cache, ...over })).sort();
const imageStore = async () => "https://cdn.example/1.png";

const keyed: { name: string; env: Record<string, string>; has: string[] }[] = [
  { name: "no key", env: {}, has: [] },
  { name: "Kakao's", env: { KAKAO_REST_API_KEY: "k" }, has: ["location"] },
  {
    name: "the portal's",
    env: { DATA_GO_KR_API_KEY: "k" },
    has: ["disposal", "points", "weather"],
  },
  { name: "KMA's own", env: { KMA_API_KEY: "k" }, has: ["weather"] },
  { name: "Tavily's", env: { TAVILY_API_KEY: "k" }, has: ["web_search"] },
  { name: "a model's", env: { OPENAI_API_KEY: "k" }, has: ["web_search"] },
  {
    name: "none, but DuckDuckGo wanted",
    env: { CHAT_WORKER_WEB_SEARCH: "duckduckgo" },
    has: ["web_search"],
  },
  {
    name: "all, and no search wanted",
    env: { TAVILY_API_KEY: "k", OPENAI_API_KEY: "k", CHAT_WORKER_WEB_SEARCH: "off" },
    has: [],
  },
];
test.each(keyed)("with $name key there is $has", ({ env, has }) => {
  expect(set(env)).toEqual(has);
});

test("places of our own need no key, only their database", () => {
  expect(set({}, { sql: {} })).toEqual(["ownPlaces", "ownPoints"]);
});

test("pictures are drawn only when asked for, with a key and a place to put them", () => {
  const wanted = { CHAT_WORKER_ENABLE_IMAGE_GENERATION: "true", CHAT_WORKER_WEB_SEARCH: "off" };
  const key = { GOOGLE_API_KEY: "k" };
  expect(set({ ...wanted, ...key }, { imageStore })).toEqual(["image_generation"]);
  expect(set({ ...wanted, ...key })).toEqual([]);
  expect(set(wanted, { imageStore })).toEqual([]);
  expect(set({ ...key, CHAT_WORKER_WEB_SEARCH: "off" }, { imageStore })).toEqual([]);
});

test.each([
  ["CHAT_WORKER_POLICIES", "{"],
  ["CHAT_WORKER_POLICIES", '{"locatoin":{}}'],
  ["CHAT_WORKER_TOKEN_PRICES", '{"gpt-5.2":{"input":-1,"cachedInput":0,"output":0}}'],
  ["CHAT_WORKER_WEB_SEARCH", "google"],
  ["KECO_DATASET_ID", "../etc"],
  ["HITL_TIMEOUT_SECONDS", "0"],
])("%s=%s is refused by name", (name, value) => {
  expect(() => readConfig({ ...required, [name]: value })).toThrow(name);
  expect(help).toContain(name);
});
