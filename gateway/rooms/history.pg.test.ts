import { afterAll, expect, test } from "bun:test";
import { appendEntry } from "../../shared/rooms/append-entry.ts";
import { Sid } from "../../shared/contract/rooms.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp } from "../testing/test-app.ts";
import * as v from "valibot";

const [anna, ben] = [
  "6f1d2c3b-0000-4000-8000-00000000000a",
  "6f1d2c3b-0000-4000-8000-00000000000b",
];

interface Page {
  readonly messages: {
    id: string;
    participant: string;
    ts: number;
    body: { bd: { text: string } };
  }[];
  readonly participants: Record<string, number>;
  readonly has_more: boolean;
  readonly next_before: string | null;
}

describeWith("redis", "postgres")("the history of a room", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const app = openTestApp({ ...stores, rooms: { historyPerMinute: 1000 } });
  const guarded = openTestApp({ ...stores, needsToken: true });
  await until(() => app.deps.redis.status === "ready" && guarded.deps.redis.status === "ready");
  afterAll(async () => {
    await Promise.all([app.close(), guarded.close()]);
    await Promise.all([redis.stop(), database.drop()]);
  });
  const read = async (sid: string, query = ""): Promise<Page> => {
    const response = await app.send("GET", `/api/chat/history/${sid}${query}`);
    expect(response.status).toBe(200);
    return (await response.json()) as Page;
  };
  const fill = async (name: string, count: number) => {
    const sid = v.parse(Sid, name);
    for (let i = 1; i <= count; i++) {
      const role = i % 3 === 0 ? "B" : "A";
      const body = { hd: { event: "chat.message", role }, bd: { text: `m${i}` } };
      await appendEntry(app.deps.redis, sid, role, body);
    }
  };
  const texts = ({ messages }: Page) => messages.map(({ body }) => body.bd.text);
  const all = Array.from({ length: 25 }, (_, i) => `m${i + 1}`);

  test("of a room nobody knows is empty", async () => {
    expect((await read("unknown")) as unknown).toEqual({
      session_id: "unknown",
      messages: [],
      participants: {},
      has_more: false,
      next_before: null,
    });
  });

  test("pages backwards and forwards without a gap or a repeat", async () => {
    await fill("paged", 25);
    const backward: string[][] = [];
    for (let before: string | null | undefined; before !== null;) {
      const page = await read("paged", `?limit=10${before ? `&before=${before}` : ""}`);
      backward.unshift(texts(page));
      before = page.next_before;
      expect(page.has_more).toBe(before !== null);
      expect(page.participants).toEqual({ A: 17, B: 8 });
    }
    expect(backward.map(({ length }) => length)).toEqual([5, 10, 10]);
    expect(backward.flat()).toEqual(all);
    const forward: string[] = [];
    let after = "0-0";
    for (let hasMore = true; hasMore;) {
      const page = await read("paged", `?limit=7&after=${after}`);
      forward.push(...texts(page));
      expect(page.next_before).toBeNull();
      hasMore = page.has_more;
      after = page.messages.at(-1)?.id ?? after;
    }
    expect(forward).toEqual(all);
  });

  test("of one participant, and by participant, and by the alias", async () => {
    await fill("grouped", 7);
    expect(texts(await read("grouped", "?participant=B"))).toEqual(["m3", "m6"]);
    expect(texts(await read("grouped", "?participant=B&limit=1"))).toEqual(["m6"]);
    const response = await app.send("GET", "/api/v1/rooms/grouped/history?group=participant");
    const { messages } = (await response.json()) as { messages: Record<string, Page["messages"]> };
    const grouped = Object.entries(messages).map(([who, said]) => [
      who,
      said.map(({ body }) => body.bd.text),
    ]);
    expect(Object.fromEntries(grouped)).toEqual({
      A: ["m1", "m2", "m4", "m5", "m7"],
      B: ["m3", "m6"],
    });
  });

  test("counts follow what is added and what is trimmed", async () => {
    await fill("counted", 3);
    expect((await read("counted")).participants).toEqual({ A: 2, B: 1 });
    await fill("counted", 2);
    expect((await read("counted")).participants).toEqual({ A: 4, B: 1 });
    await app.deps.redis.xtrim("chat:session:counted", "MAXLEN", 1);
    expect((await read("counted")).participants).toEqual({ A: 1 });
  });

  test.each([
    ["?before=x", 400, "INVALID_CURSOR"],
    ["?after=1", 400, "INVALID_CURSOR"],
    ["?limit=0", 422, "VALIDATION_ERROR"],
    ["?limit=201", 422, "VALIDATION_ERROR"],
  ])("%s is refused", async (query, status, code) => {
    const response = await app.send("GET", `/api/chat/history/room${query}`);
    expect([response.status, await response.json()]).toMatchObject([status, { code }]);
  });

  test("of other people is not found, and asks for a token where there is none", async () => {
    await fill("private", 1);
    await app.deps.redis.hset("room:members:private", "A", anna);
    const status = async (use: typeof app, user?: string) =>
      (await use.send("GET", "/api/chat/history/private", { user })).status;
    expect(await status(guarded, anna)).toBe(200);
    expect(await status(guarded, ben)).toBe(404);
    expect(await status(guarded)).toBe(401);
    expect(await status(app)).toBe(401);
  });

  test("is not read over and over", async () => {
    const statuses: number[] = [];
    const user = crypto.randomUUID();
    for (let i = 0; i <= 30; i++) {
      statuses.push((await guarded.send("GET", "/api/chat/history/x", { user })).status);
    }
    expect(statuses.at(-1)).toBe(429);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(29);
  });
});
