import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { Catalog } from "../../shared/characters/catalog.ts";
import { give, grantOf, rewardScan } from "../../shared/characters/give.ts";
import { match, type RewardInput } from "../../shared/characters/reward.ts";
import { type Grant, saveOwnerships, saveUserCharacters } from "../../shared/characters/store.ts";
import { openPostgres } from "../../shared/clients/postgres.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { characterId, type UserId } from "../../shared/contract/ids.ts";
import { topology as names } from "../../shared/contract/topology.ts";
import { createLog } from "../../shared/log.ts";
import { describeWith, testDatabase } from "../../shared/testing/services.ts";
import { loadKnowledge } from "../knowledge/load.ts";

const log = createLog(() => {});

describeWith("postgres")("characters", async () => {
  const database = await testDatabase();
  const sql = openPostgres(database.url, "test", 20);
  const catalog = new Catalog({ sql, clock, log });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await database.drop();
  });
  const rewards = {
    catalog,
    sql,
    broker: undefined,
    names,
    isEnabled: true,
    makesAccounts: false,
    log,
  };
  const account = async () => {
    const [row] = await sql<
      { id: UserId }[]
    >`insert into users.accounts default values returning id`;
    if (!row) throw new Error("no account");
    return row.id;
  };
  const owned = (user: UserId) => sql<
    { code: string; source: string; type: string; dialog: string; at: string }[]
  >`
    select character_code as code, source, character_type as type, character_dialog as dialog,
      acquired_at::text as at from users.user_characters where user_id = ${user} order by 1`;
  const ownerships = async (user: UserId) => {
    const [row] = await sql<{ n: number }[]>`
      select count(*)::int as n from character.character_ownerships where user_id = ${user}`;
    return row?.n ?? 0;
  };

  test("the catalogue is the knowledge's thirteen, with ids that never change and texts for people", async () => {
    const rows = await catalog.all();
    const known = loadKnowledge().characters;
    const label = (match: string | null) => match ?? "대표 캐릭터";
    expect(rows.map(({ code, name, match }) => ({ code, name, match })).toSorted(byCode)).toEqual(
      known
        .map(({ code, name, match_label }) => ({ code, name, match: label(match_label) }))
        .toSorted(byCode),
    );
    for (const { id, code, type, dialog } of rows) {
      expect(id).toBe(characterId(code));
      expect([type, dialog].every((text) => /[가-힣]/.test(text))).toBeTrue();
    }
    expect(rows[0]).toMatchObject({
      code: "char-eco",
      type: "기본",
      id: "00000000-0000-0000-0000-000000000001",
    });
  });

  const scan = (
    over: Partial<RewardInput["classification"]> & Partial<RewardInput> = {},
  ): RewardInput => ({
    classification: { major_category: "재활용폐기물", middle_category: "종이팩", ...over },
    hasRules: true,
    insufficiencies: [],
    ...over,
  });
  test.each([
    ["the character of the middle category", scan(), "팩토리", "종이팩"],
    [
      "the minor category in the reason",
      scan({ minor_category: "우유팩" }),
      "팩토리",
      "종이팩>우유팩",
    ],
    ["the default one where none fits", scan({ middle_category: "도자기" }), "이코", "도자기"],
    ["an exact match only", scan({ middle_category: "종이팩 " }), "이코", "종이팩 "],
    ["none for other waste", scan({ major_category: "대형폐기물" }), undefined, undefined],
    ["none without a middle category", scan({ middle_category: "  " }), undefined, undefined],
    ["none without rules", scan({ hasRules: false }), undefined, undefined],
    [
      "none with something left undone",
      scan({ insufficiencies: ["", "라벨이 남아 있어요"] }),
      undefined,
      undefined,
    ],
    ["one with blank lines only", scan({ insufficiencies: ["", "  "] }), "팩토리", "종이팩"],
  ])("a scan earns %s", async (_name, input, name, reason) => {
    const found = await match(catalog, input);
    expect([found?.character.name, found?.reason]).toEqual([name, reason]);
  });

  test("a reward shows name, dialog, reason and type, also the second time", async () => {
    const user = await account();
    const first = await rewardScan(rewards, user, scan());
    expect(first).toEqual({
      name: "팩토리",
      dialog: expect.stringContaining("헹구고"),
      match_reason: "종이팩",
      type: "종이팩",
    });
    expect(await rewardScan(rewards, user, scan())).toEqual(first);
    expect(await owned(user)).toMatchObject([
      { code: "char-factory", source: "scan", type: "종이팩" },
    ]);
    expect(await rewardScan({ ...rewards, isEnabled: false }, user, scan())).toBeNull();
  });

  test("the same reward a hundred times at once is one row, and new once", async () => {
    const user = await account();
    const character = await catalog.default();
    if (!character) throw new Error("no default");
    const grant = grantOf(user, character, "scan");
    const given = await Promise.all(Array.from({ length: 100 }, () => give(rewards, grant)));
    expect(given.toSorted()).toEqual([
      "new",
      ...Array.from({ length: 99 }, () => "owned" as const),
    ]);
    expect([await ownerships(user), (await owned(user)).length]).toEqual([1, 1]);
  });

  test("whatever order, batches and repeats grants come in, each is one row with the time of the first", async () => {
    const rows = await catalog.all();
    const user = await account();
    let first = new Map<string, string>();
    const batches = fc.array(fc.array(fc.constantFrom(...rows), { minLength: 1, maxLength: 60 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(batches, async (drawn) => {
        const grants = drawn.map((batch) => batch.map((one) => grantOf(user, one, "scan")));
        await Promise.all(
          grants.flatMap((batch) => [saveOwnerships(sql, batch), saveUserCharacters(sql, batch)]),
        );
        const now = new Map((await owned(user)).map(({ code, at }) => [code, at]));
        const codes = new Set(drawn.flat().map(({ code }) => code));
        expect(new Set(now.keys())).toEqual(new Set([...first.keys(), ...codes]));
        for (const [code, at] of first) expect(now.get(code)).toBe(at);
        expect(await ownerships(user)).toBe(now.size);
        first = now;
      }),
      { numRuns: 30 },
    );
  });

  test("type and dialog are filled by an event that has them, and not emptied by one that has none", async () => {
    const user = await account();
    const character = (await catalog.all())[3];
    if (!character) throw new Error("no character");
    const full = grantOf(user, character, "scan");
    const bare: Grant = { ...full, character_type: null, character_dialog: "" };
    await saveUserCharacters(sql, [bare]);
    expect(await owned(user)).toMatchObject([{ type: null, dialog: "" }]);
    await saveUserCharacters(sql, [full]);
    await saveUserCharacters(sql, [bare]);
    expect(await owned(user)).toMatchObject([{ type: character.type, dialog: character.dialog }]);
  });

  test("a grant for an account that is not there is passed over", async () => {
    const nobody = crypto.randomUUID() as UserId;
    const character = await catalog.default();
    if (!character) throw new Error("no default");
    expect(await give(rewards, grantOf(nobody, character, "scan"))).toBe("later");
    expect([await ownerships(nobody), (await owned(nobody)).length]).toEqual([0, 0]);
    await give({ ...rewards, makesAccounts: true }, grantOf(nobody, character, "scan"));
    expect(await ownerships(nobody)).toBe(1);
  });
});

function byCode(a: { code: string }, b: { code: string }): number {
  return a.code < b.code ? -1 : 1;
}
