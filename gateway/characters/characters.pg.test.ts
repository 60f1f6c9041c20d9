import { afterAll, expect, test } from "bun:test";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { openTestApp } from "../testing/test-app.ts";
import { internalRewards } from "./internal-rewards.ts";

describeWith("redis", "postgres")("characters over HTTP", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });
  const user = crypto.randomUUID();
  const call = async (body: unknown, method = "POST", path = "/internal/characters/rewards") => {
    const response = await internalRewards(
      new Request(`http://admin${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
      }),
      use.deps.rewards,
    );
    return response && { status: response.status, body: (await response.json()) as unknown };
  };

  test("the catalogue is a bare list of thirteen", async () => {
    const response = await use.send("GET", "/api/v1/character/catalog", { user });
    const rows = (await response.json()) as Record<string, unknown>[];
    expect([response.status, rows.length]).toEqual([200, 13]);
    expect(rows[0]).toEqual({
      name: "이코",
      type: "기본",
      dialog: expect.any(String),
      match: "대표 캐릭터",
    });
    expect((await use.send("GET", "/api/v1/character/catalog")).status).toBe(401);
  });

  test("the internal reward gives once, and says what it gave the second time too", async () => {
    const [row] = await use.deps.sql`insert into users.accounts default values returning id`;
    const ask = {
      user_id: row?.["id"] as string,
      source: "quest",
      classification: {
        major_category: "재활용폐기물",
        middle_category: "유리병",
        minor_category: "소주병",
      },
    };
    const given = {
      name: "글래시",
      dialog: expect.any(String),
      match_reason: "유리병>소주병",
      character_type: "유리병",
      type: "유리병",
    };
    expect(await call(ask)).toEqual({
      status: 200,
      body: { received: true, already_owned: false, ...given },
    });
    expect(await call(ask)).toEqual({
      status: 200,
      body: { received: false, already_owned: true, ...given },
    });
    const nobody = { ...ask, user_id: crypto.randomUUID() };
    expect(await call(nobody)).toMatchObject({ body: { received: false, already_owned: false } });
    const none = { received: false, already_owned: false };
    expect(await call({ ...ask, insufficiencies_present: true })).toEqual({
      status: 200,
      body: none,
    });
    expect(await call({ ...ask, disposal_rules_present: false })).toEqual({
      status: 200,
      body: none,
    });
  });

  test("the internal reward says what is wrong, and is nowhere outside the admin port", async () => {
    const bad = await call({ user_id: "me", source: "gift", classification: {} });
    expect(bad).toMatchObject({ status: 422, body: { code: "VALIDATION_ERROR" } });
    const said = bad?.body as { errors: { path: string }[] } | undefined;
    expect(said?.errors.map(({ path }) => path)).toEqual([
      "user_id",
      "source",
      "classification.major_category",
      "classification.middle_category",
    ]);
    expect((await call({}, "GET"))?.status).toBe(405);
    expect(await call({}, "POST", "/internal/other")).toBeUndefined();
    for (const path of ["/internal/characters/rewards", "/api/v1/internal/characters/rewards"])
      expect((await use.send("POST", path, { user, body: {} })).status).toBe(404);
  });
});
