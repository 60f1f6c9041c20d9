import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { browser, Jar } from "../gateway/testing/test-sign-in.ts";
import { startFakeOAuth } from "./fakes/fake-oauth.ts";
import { tinyPng } from "./fakes/fake-openai.ts";
import { Photographer, toldOf } from "./photographer.ts";
import { type SeeingModel, seeingModel } from "./seeing-model.ts";
import { type RunningStack, startStack } from "./stack.ts";

// Every call the existing web client makes, each part of a session by a person of its own, from its own origin and with
// nothing but its cookies; of every answer the fields it reads. Profile and news in full: person.e2e.test.ts.

const page = "https://eco2.example";
/** Where the client believes the interface to be: what the sign-in services send a person back to. */
const apiBase = "https://api.eco2.example";
const callbackOf = (provider: string) => `${apiBase}/api/v1/auth/${provider}/callback`;
const oauth = startFakeOAuth(["google", "kakao"].map(callbackOf));
const model: SeeingModel = seeingModel();
let jar: Jar;
let people = 0;
let stack: RunningStack;

beforeAll(async () => {
  const { client, baseUrl } = oauth;
  const service = (name: string) => ({
    [`OAUTH_${name.toUpperCase()}_CLIENT_ID`]: client.id,
    [`OAUTH_${name.toUpperCase()}_CLIENT_SECRET`]: client.secret,
    [`OAUTH_${name.toUpperCase()}_REDIRECT_URI`]: callbackOf(name),
    [`OAUTH_${name.toUpperCase()}_BASE_URL`]: baseUrl,
  });
  stack = await startStack([], {
    ...service("google"),
    ...service("kakao"),
    CORS_ORIGINS: page,
    FRONTEND_URL: page,
    OPENAI_API_KEY: "k",
    OPENAI_BASE_URL: model.baseUrl,
  });
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await Promise.all([model.stop(), oauth.stop()]);
}, 60_000);

beforeEach(async () => {
  jar = new Jar();
  someoneNew();
  await signIn("google", jar);
});

const someoneNew = () =>
  oauth.person({ id: String(31 + people++), name: "초록", email: `g${people}@example.com` });

/** As the client's axios does it: credentials, its origin, JSON. */
async function call(method: string, path: string, body?: unknown, own = jar): Promise<Response> {
  const response = await fetch(`${stack.file().base_url}${path}`, {
    method,
    headers: {
      origin: page,
      ...own.header,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.headers.get("access-control-allow-origin")).toBe(page);
  expect(response.headers.get("access-control-allow-credentials")).toBe("true");
  return own.take(response);
}

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await call(method, path, body);
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The cookies it was signed in by; the one of a sign-in under way runs out by itself. */
const tokensOf = ({ cookies }: Jar) =>
  [...cookies.keys()].filter((name) => name !== "s_oauth").sort();

/** From the button to the page it comes back to. */
async function signIn(provider: string, own: Jar): Promise<Response> {
  const query = new URLSearchParams({ redirect_uri: callbackOf(provider) });
  const begun = await call("GET", `/api/v1/auth/${provider}?${query.toString()}`, undefined, own);
  const { data } = (await begun.json()) as { data: { authorization_url: string } };
  const asked = await fetch(data.authorization_url, { redirect: "manual" });
  const back = new URL(asked.headers.get("location") ?? "");
  expect(back.origin).toBe(apiBase);
  const answer = await fetch(`${stack.file().base_url}${back.pathname}${back.search}`, {
    headers: { ...browser, ...own.header },
    redirect: "manual",
  });
  return own.take(answer);
}

test.each(["kakao", "google"])("login by %s: back at home, with two cookies", async (provider) => {
  someoneNew();
  const own = new Jar();
  const back = await signIn(provider, own);
  expect([back.status, back.headers.get("location")]).toEqual([302, `${page}/#/home`]);
  expect(tokensOf(own)).toEqual(["s_access", "s_refresh"]);
});

test("without a cookie the refusal can be read by the page, so that it refreshes", async () => {
  const refused = await call("GET", "/api/v1/users/me", undefined, new Jar());
  expect(refused.status).toBe(401);
  const refresh = await call("POST", "/api/v1/auth/refresh", undefined, new Jar());
  expect(refresh.status).toBe(401);
});

test("splash, home and my page: who somebody is, and a new nickname", async () => {
  const me = await json<Record<string, unknown>>("GET", "/api/v1/users/me");
  expect(me).toMatchObject({ username: "초록", nickname: "초록", provider: "google" });
  expect(me["phone_number"]).toBeNull();
  expect(await json("PATCH", "/api/v1/users/me", { nickname: "새싹" })).toMatchObject({
    username: "새싹",
    nickname: "새싹",
    provider: "google",
  });
});

test("camera: photo to its place, four stages, steps, and a friend who stays", async () => {
  const person = new Photographer(stack.file(), {
    user: "",
    bearer: () => Promise.resolve(jar.cookies.get("s_access") ?? ""),
  });
  const scanned = await person.scan(await person.upload());
  expect(toldOf(scanned.heard).at(-1)).toBe("done completed 51");
  expect(scanned.result).toMatchObject({
    status: "completed",
    pipeline_result: {
      classification_result: {
        classification: {
          major_category: "재활용폐기물",
          middle_category: "무색페트병",
          minor_category: "생수병",
        },
      },
      final_answer: { disposal_steps: { 단계1: expect.any(String) }, insufficiencies: [] },
    },
    reward: { name: "페티" },
  });
  const owned = await json<{ name: string }[]>("GET", "/api/v1/users/me/characters");
  expect(owned.map(({ name }) => name).sort()).toEqual(["이코", "페티"]);
});

/** Asks for a place and puts a picture there, cross-origin and without cookies. */
async function uploadFor(channel: string): Promise<string> {
  const asked = { filename: "a.png", content_type: "image/png" };
  const place = await json<{ upload_url: string; cdn_url: string }>(
    "POST",
    `/api/v1/images/${channel}`,
    asked,
  );
  const preflight = await fetch(place.upload_url, {
    method: "OPTIONS",
    headers: {
      origin: page,
      "access-control-request-method": "PUT",
      "access-control-request-headers": "content-type",
    },
  });
  expect(preflight.ok).toBe(true);
  expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT");
  expect(preflight.headers.get("access-control-allow-headers")?.toLowerCase()).toContain(
    "content-type",
  );
  const put = await fetch(place.upload_url, {
    method: "PUT",
    headers: { origin: page, "content-type": "image/png" },
    body: Buffer.from(tinyPng, "base64"),
  });
  expect([
    put.ok,
    [page, "*"].includes(put.headers.get("access-control-allow-origin") ?? ""),
  ]).toEqual([true, true]);
  const shown = await fetch(place.cdn_url, { headers: { origin: page } });
  expect([shown.status, shown.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  return place.cdn_url;
}

test("agent: a photo goes with a question, and the chat holds both", async () => {
  const image_url = await uploadFor("chat");
  const { id } = await json<{ id: string }>("POST", "/api/v1/chat", {});
  const message = "이거 어떻게 버려?";
  const sent = await json<{ job_id: string; stream_url: string }>(
    "POST",
    `/api/v1/chat/${id}/messages`,
    { message, image_url, model: "local" },
  );
  const stream = await call("GET", sent.stream_url);
  expect(await stream.text()).toContain("event: done"); // the stream ends by itself
  const chat = await json<{ messages: Record<string, unknown>[] }>("GET", `/api/v1/chat/${id}`);
  expect(chat.messages).toMatchObject([
    { role: "user", content: message, image_url },
    { role: "assistant", content: expect.stringMatching(/./) },
  ]);
});

test("the old chat page: one answer, in the session it named", async () => {
  const first = await json<{ session_id: string; user_answer: string }>(
    "POST",
    "/api/v1/chat/messages",
    { session_id: null, message: "페트병은 어떻게 버려?", temperature: 0.2, image_url: null },
  );
  expect(first.user_answer).not.toBe("");
  const { session_id } = first;
  const again = { session_id, message: "고마워", temperature: 0.2 };
  expect(await json("POST", "/api/v1/chat/messages", again)).toMatchObject({ session_id });
});

test("map: what is near, one of it, a search and its suggestions", async () => {
  const here = "lat=37.5665&lon=126.978";
  const near = await json<Record<string, unknown>[]>(
    "GET",
    `/api/v1/locations/centers?${here}&radius=20000&zoom=13`,
  );
  const [first] = near;
  expect(Object.keys(first ?? {})).toEqual(
    expect.arrayContaining(
      `id name source road_address latitude longitude distance_text pickup_categories is_holiday is_open start_time
      end_time phone store_category`.split(/\s+/),
    ),
  );
  // its map may be farther away than any radius there is
  expect((await call("GET", `/api/v1/locations/centers?${here}&radius=999999`)).status).toBe(200);
  const one = await json<Record<string, unknown>>(
    "GET",
    `/api/v1/locations/centers/${String(first?.["id"])}`,
  );
  expect(Object.keys(one)).toEqual(
    expect.arrayContaining(
      `id name source road_address lot_address latitude longitude pickup_categories phone place_url
      collection_items introduction`.split(/\s+/),
    ),
  );
  const q = encodeURIComponent(String(first?.["name"]));
  const found = await json<{ id: number }[]>("GET", `/api/v1/locations/search?q=${q}`);
  expect(found.map(({ id }) => id)).toContain(Number(first?.["id"]));
  const [suggestion] = await json<unknown[]>("GET", `/api/v1/locations/suggest?q=${q}`);
  expect(suggestion).toMatchObject({
    place_name: expect.any(String),
    address: expect.any(String),
    latitude: expect.any(Number),
    longitude: expect.any(Number),
  });
});

test("news: what a card shows", async () => {
  const news = await json<{ articles: Record<string, unknown>[]; has_more: boolean }>(
    "GET",
    "/api/v1/info/news?limit=10",
  );
  const [article] = news.articles;
  expect(Object.keys(article ?? {})).toEqual(
    expect.arrayContaining(
      `id title url snippet thumbnail_url source_icon_url source_name published_at keywords`.split(
        " ",
      ),
    ),
  );
});

test("a refresh gives two new cookies and nothing else; a logout takes them", async () => {
  const before = new Map(jar.cookies);
  const refreshed = await call("POST", "/api/v1/auth/refresh");
  expect([refreshed.status, await refreshed.text()]).toEqual([201, ""]);
  for (const name of ["s_access", "s_refresh"])
    expect(jar.cookies.get(name)).not.toBe(before.get(name) ?? "");
  expect((await call("GET", "/api/v1/users/me")).status).toBe(200);
  const last = new Jar();
  for (const [name, value] of jar.cookies) last.cookies.set(name, value);
  expect(await json("POST", "/api/v1/auth/logout")).toMatchObject({ success: true });
  expect(tokensOf(jar)).toEqual([]);
  // whoever kept them is told at once: the client then goes to its login page
  expect((await call("GET", "/api/v1/users/me", undefined, last)).status).toBe(403);
});
