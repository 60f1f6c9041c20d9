import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./client.ts";
import { type RunningStack, startStack } from "./stack.ts";

// What the existing web client asks of profile, collection and news, in the order a person's session makes it, with the
// fields it reads.
describe("a person's session", () => {
  let stack: RunningStack;
  let client: Client;
  beforeAll(async () => {
    stack = await startStack();
    client = new Client(stack.file());
    await client.json("/api/v1/users/me"); // the splash: the local stack makes an account now
  }, 120_000);
  afterAll(() => stack.stop(), 60_000);

  const get = async <T>(path: string): Promise<T> => {
    const response = await client.fetch(path);
    expect([path, response.status]).toEqual([path, 200]);
    return (await response.json()) as T;
  };
  interface Profile {
    readonly username: string;
    readonly nickname: string;
    readonly phone_number: string | null;
    readonly provider: string;
  }
  interface Owned {
    readonly name: string;
  }
  interface News {
    readonly articles: readonly Record<string, unknown>[];
    readonly has_more: boolean;
    readonly next_cursor: string | null;
  }

  test("splash: signed in, because the username is there", async () => {
    const profile = await get<Profile>("/api/v1/users/me");
    expect(profile.username).not.toBe("");
    expect(typeof profile.nickname).toBe("string");
    expect(typeof profile.provider).toBe("string");
  });

  test("my page: a new nickname is the name from then on", async () => {
    const response = await client.fetch("/api/v1/users/me", {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ nickname: "초록이" }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { nickname: "초록이", username: "초록이" },
    ]);
    expect((await get<Profile>("/api/v1/users/me")).username).toBe("초록이");
  });

  test("collection: the default character at once, then what was earned", async () => {
    const first = await get<Owned[]>("/api/v1/users/me/characters");
    expect(first.map(({ name }) => name)).toEqual(["이코"]);
    const body = {
      user_id: client.user,
      source: "scan",
      classification: { major_category: "재활용폐기물", middle_category: "종이팩" },
    };
    const earned = await fetch(`${stack.file().admin_url}/internal/characters/rewards`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(await earned.json()).toMatchObject({ received: true, name: "팩토리" });
    const now = await get<Owned[]>("/api/v1/users/me/characters");
    expect(now.map(({ name }) => name)).toEqual(["이코", "팩토리"]);
  });

  test("news: page after page until there is no more, also where no source can be reached", async () => {
    const seen: unknown[] = [];
    let page = await get<News>("/api/v1/info/news?limit=10");
    expect({ ...page.articles[0] }).toMatchObject({
      id: expect.any(String),
      title: expect.any(String),
      url: expect.stringMatching(/^https?:/),
      snippet: expect.any(String),
      source_name: expect.any(String),
      published_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    for (;;) {
      seen.push(...page.articles.map(({ id }) => id));
      if (!page.has_more) break;
      page = await get<News>(`/api/v1/info/news?limit=10&cursor=${page.next_cursor}`);
    }
    expect(seen.length).toBeGreaterThanOrEqual(30);
    expect(new Set(seen).size).toBe(seen.length);
    const energy = await get<News>("/api/v1/info/news?category=energy&limit=10");
    expect(energy.articles.every(({ category }) => category === "energy")).toBeTrue();
  });

  test("leaving: the account is gone, and so is the token", async () => {
    const leaver = new Client(stack.file());
    expect((await leaver.fetch("/api/v1/users/me")).status).toBe(200);
    const response = await leaver.fetch("/api/v1/users/me", { method: "DELETE" });
    expect(response.status).toBe(204);
    expect((await leaver.fetch("/api/v1/users/me")).status).toBe(403);
  });
});
