import { afterAll, expect, test } from "bun:test";
import { openPostgres } from "../../shared/clients/postgres.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { describeWith, testDatabase } from "../../shared/testing/services.ts";
import { displayName, getOrCreateFromOAuth, getUser, updateLoginTime } from "./accounts.ts";

describeWith("postgres")("accounts", async () => {
  const database = await testDatabase();
  const sql = openPostgres(database.url, "test", 8);
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await database.drop();
  });
  const someone = () => ({ provider: "kakao" as const, providerUserId: crypto.randomUUID() });

  test("the first sign-in makes an account, the next ones find it", async () => {
    const person = { ...someone(), email: "a@example.com", nickname: "초록" };
    const made = await getOrCreateFromOAuth(sql, person);
    const again = await getOrCreateFromOAuth(sql, person);
    expect([made.isNew, again]).toEqual([true, { userId: made.userId, isNew: false }]);
    const other = await getOrCreateFromOAuth(sql, { ...person, provider: "naver" });
    expect(other.userId).not.toBe(made.userId);
    const account = await getUser(sql, made.userId);
    expect(account).toMatchObject({ nickname: "초록", email: "a@example.com" });
    expect(account?.last_login_at).toBeInstanceOf(Date);
  });

  test("ten first sign-ins at once get one account", async () => {
    const person = someone();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => getOrCreateFromOAuth(sql, person)),
    );
    expect(new Set(all.map(({ userId }) => userId)).size).toBe(1);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    const [orphans] = await sql`select count(*)::int as n from users.accounts a
      where not exists (select 1 from users.social_accounts s where s.user_id = a.id)`;
    expect(orphans?.["n"]).toBe(0);
  });

  test("a later sign-in fills what is empty, and leaves what the person chose", async () => {
    const person = someone();
    const { userId } = await getOrCreateFromOAuth(sql, person);
    expect(displayName((await getUser(sql, userId)) ?? { nickname: "", name: "" })).toBe("사용자");
    await sql`update users.accounts set nickname = '내 이름' where id = ${userId}`;
    await getOrCreateFromOAuth(sql, { ...person, nickname: "다른", email: "b@example.com" });
    expect(await getUser(sql, userId)).toMatchObject({
      nickname: "내 이름",
      email: "b@example.com",
    });
  });

  test("a sign-in is noted on both rows, for the right user alone", async () => {
    const person = someone();
    const { userId } = await getOrCreateFromOAuth(sql, person);
    const clear = () => sql`update users.social_accounts set last_login_at = null`;
    const noted = async () => {
      const [row] =
        await sql`select s.last_login_at is not null as social from users.social_accounts s
        where user_id = ${userId}`;
      return row?.["social"] as boolean;
    };
    await clear();
    await updateLoginTime(sql, crypto.randomUUID() as UserId, "kakao", person.providerUserId);
    expect(await noted()).toBeFalse();
    await updateLoginTime(sql, userId, "kakao", person.providerUserId);
    expect(await noted()).toBeTrue();
    expect(await getUser(sql, crypto.randomUUID() as UserId)).toBeUndefined();
  });
});
