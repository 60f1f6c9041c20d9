import { AMQPClient } from "@cloudamqp/amqp-client";
import { afterAll, expect, test } from "bun:test";
import type { UserId } from "../../shared/contract/ids.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  testTopology,
} from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestApp, testToken } from "../testing/test-app.ts";

const me = "/api/v1/users/me";

describeWith(
  "redis",
  "postgres",
  "rabbitmq",
)("the caller's own profile", async () => {
  const [redis, database, queue] = await Promise.all([
    startRedis(),
    testDatabase(),
    testTopology(),
  ]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url, queue });
  const { sql } = use.deps;
  const client = new AMQPClient(queue.url, undefined, null);
  await Promise.all([client.connect(), use.deps.broker?.started]);
  const channel = await client.channel();
  afterAll(async () => {
    await Promise.all([use.close(), client.close()]);
    await Promise.all([redis.stop(), database.drop(), queue.remove()]);
  });
  const account = async (values: { nickname?: string; name?: string } = {}) => {
    const [row] = await sql<{ id: UserId }[]>`
      insert into users.accounts (nickname, name) values (${values.nickname ?? null}, ${values.name ?? null})
      returning id`;
    if (!row) throw new Error("no account");
    return row.id;
  };
  const social = (user: UserId, provider: string, at: string) => sql`
    insert into users.social_accounts (user_id, provider, provider_user_id, last_login_at)
    values (${user}, ${provider}::users.oauth_provider, ${crypto.randomUUID()}, ${at}::text::timestamptz)`;
  const call = async (method: string, user: string, path = me, body?: unknown) => {
    const response = await use.send(method, path, { user, body });
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
    };
  };

  test.each([
    ["the nickname", { nickname: "초록이", name: "김철수" }, "초록이"],
    ["the name without one", { name: "김철수" }, "김철수"],
    ["a word for everybody without either", { nickname: "  " }, "사용자"],
  ])("username is %s, and never empty", async (_name, values, expected) => {
    const user = await account(values);
    const { status, body } = await call("GET", user);
    expect(status).toBe(200);
    expect(body).toEqual({
      username: expected,
      display_name: expected,
      nickname: expected,
      phone_number: null,
      provider: "unknown",
      last_login_at: null,
    });
  });

  test("the provider is the token's where the account has it, else the last used", async () => {
    const user = await account({ nickname: "a" });
    await social(user, "google", "2026-01-01T00:00:00Z");
    await social(user, "kakao", "2026-02-01T00:00:00Z");
    const providerOf = async (claims: Record<string, unknown>) => {
      const authorization = `Bearer ${await testToken(user, claims)}`;
      const response = await use.send("GET", me, { headers: { authorization } });
      return ((await response.json()) as { provider: string }).provider;
    };
    expect(await providerOf({ provider: "google" })).toBe("google");
    expect(await providerOf({ provider: "naver" })).toBe("kakao");
  });

  test("the client's change of the nickname alone, and a phone number in any writing", async () => {
    const user = await account({ nickname: "before" });
    const renamed = await call("PATCH", user, me, { nickname: " 새 이름 " });
    expect(renamed).toMatchObject({
      status: 200,
      body: { username: "새 이름", nickname: "새 이름" },
    });
    const numbered = await call("PATCH", user, me, { phone_number: "+82 10-9876-5432" });
    expect(numbered).toMatchObject({
      status: 200,
      body: { nickname: "새 이름", phone_number: "010-9876-5432" },
    });
    const other = await account();
    expect(await call("PATCH", other, me, { phone_number: "01098765432" })).toMatchObject({
      status: 409,
      body: { code: "PHONE_NUMBER_IN_USE" },
    });
    const again = await call("PATCH", user, me, { phone_number: "01098765432" });
    expect(again.status).toBe(200);
  });

  test.each([
    [{}, "NO_CHANGES_PROVIDED"],
    [{ other: 1 }, "NO_CHANGES_PROVIDED"],
    [{ nickname: "" }, "VALIDATION_ERROR"],
    [{ nickname: " \t" }, "VALIDATION_ERROR"],
    [{ nickname: "x".repeat(121) }, "VALIDATION_ERROR"],
    [{ nickname: "a\nb" }, "VALIDATION_ERROR"],
    [{ nickname: 7 }, "VALIDATION_ERROR"],
    [{ phone_number: "010123" }, "VALIDATION_ERROR"],
    [{ phone_number: "02-1234-5678" }, "INVALID_PHONE_NUMBER"],
    [{ nickname: "ok", phone_number: "abcdefghij" }, "INVALID_PHONE_NUMBER"],
  ])("PATCH %p is %s and changes nothing", async (body, code) => {
    const user = await account({ nickname: "before" });
    expect(await call("PATCH", user, me, body)).toMatchObject({ status: 422, body: { code } });
    expect((await call("GET", user)).body).toMatchObject({
      nickname: "before",
      phone_number: null,
    });
  });

  test("a token without an account is nobody, but for the local stack", async () => {
    const nobody = crypto.randomUUID();
    for (const [method, body] of [["GET"], ["PATCH", { nickname: "x" }], ["DELETE"]] as const) {
      expect(await call(method, nobody, me, body)).toMatchObject({
        status: 404,
        body: { code: "USER_NOT_FOUND" },
      });
    }
    const local = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
    Object.assign(local.deps.rewards, { makesAccounts: true });
    const found = await local.send("GET", me, { user: nobody });
    expect([found.status, await found.json()]).toMatchObject([200, { username: "사용자" }]);
    await local.close();
  });

  test("an empty collection shows the default character at once, and asks for it to be written", async () => {
    const user = await account();
    await channel.queuePurge(queue.topology.grantDefaultQueue);
    const { status, body } = await call("GET", user, `${me}/characters`);
    expect(status).toBe(200);
    expect(body).toEqual([
      {
        id: "00000000-0000-0000-0000-000000000001",
        code: "char-eco",
        name: "이코",
        type: "기본",
        dialog: expect.any(String),
        acquired_at: expect.any(String),
      },
    ]);
    const asked = await until(() =>
      channel.basicGet(queue.topology.grantDefaultQueue, { noAck: true }),
    );
    expect(JSON.parse(asked.bodyString() ?? "")).toEqual({ user_id: user });
  });

  test("the collection is the default one and what was earned, with the catalogue's words where a row has none", async () => {
    const user = await account();
    const add = (code: string, name: string, at: string, status = "owned") => sql`
      insert into users.user_characters (id, user_id, character_id, character_code, character_name, acquired_at, status)
      values (gen_random_uuid(), ${user}, gen_random_uuid(), ${code}, ${name}, ${at}::text::timestamptz, ${status})`;
    await add("char-petty", "페티", "2026-01-01T00:00:00Z");
    await add("char-eco", "이코", "2026-02-02T00:00:00Z");
    await add("char-bini", "비니", "2026-01-02T00:00:00Z", "traded");
    const { body } = await call("GET", user, `${me}/characters`);
    expect(body).toMatchObject([
      { name: "이코", type: "기본", acquired_at: "2026-02-02T00:00:00.000Z" },
      { name: "페티", type: "무색페트병" },
    ]);
    await sql`update users.user_characters set status = 'traded' where user_id = ${user} and character_code = 'char-eco'`;
    const left = await call("GET", user, `${me}/characters`);
    expect(left.body).toMatchObject([{ name: "페티" }]);
    await sql`delete from users.user_characters where user_id = ${user} and character_code = 'char-eco'`;
    const again = await call("GET", user, `${me}/characters`);
    expect(again.body).toMatchObject([{ name: "이코" }, { name: "페티" }]);
    const owns = async (name: string) =>
      (await call("GET", user, `${me}/characters/${encodeURIComponent(name)}/ownership`)).body;
    expect(await owns("페티")).toEqual({ character_name: "페티", owned: true });
    expect(await owns("비니")).toEqual({ character_name: "비니", owned: false });
    expect(await owns("용")).toEqual({ character_name: "용", owned: false });
  });
});
