import { AMQPClient } from "@cloudamqp/amqp-client";
import { afterAll, expect, test } from "bun:test";
import { grantOf, give } from "../../shared/characters/give.ts";
import { openBroker } from "../../shared/clients/amqp.ts";
import { openRedis } from "../../shared/clients/redis.ts";
import { openPostgres } from "../../shared/clients/postgres.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { createLog } from "../../shared/log.ts";
import { Registry } from "../../shared/prom.ts";
import { describeWith, testDatabase, testTopology } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openBackground } from "../background.ts";

const log = createLog(() => {});

describeWith("postgres", "rabbitmq")("the books of rewards", async () => {
  const [database, queue] = await Promise.all([testDatabase(), testTopology()]);
  const sql = openPostgres(database.url, "test");
  const registry = new Registry();
  const config = {
    databaseUrl: database.url,
    instance: "test",
    rewardsEnabled: true,
    devAccounts: false,
    cacheNamespace: "test",
    news: {
      isOn: false,
      feeds: undefined,
      naver: { clientId: undefined, clientSecret: undefined, baseUrl: undefined },
      newsdata: { key: undefined, baseUrl: undefined },
    },
  };
  const redis = openRedis("redis://127.0.0.1:1", "test", "request", log); // not used by this part

  const names = queue.topology;
  const background = openBackground({
    config,
    names,
    redis,
    cache: redis,
    broker: () => broker,
    registry,
    clock,
    log,
  });
  const { onChannel } = background;
  const broker = openBroker({ url: queue.url, name: "test", names, log, onChannel });
  const client = new AMQPClient(queue.url, undefined, null);
  await Promise.all([broker.started, client.connect()]);
  const channel = await client.channel();
  afterAll(async () => {
    background.stop();
    redis.disconnect();
    await Promise.all([broker.close(), client.close(), background.close(), sql.end()]);
    await Promise.all([database.drop(), queue.remove()]);
  });
  const account = async () => {
    const [row] = await sql<
      { id: UserId }[]
    >`insert into users.accounts default values returning id`;
    if (!row) throw new Error("no account");
    return row.id;
  };
  const rowsOf = (user: UserId) => sql`
    select u.character_code as code, u.source from users.user_characters u
    join character.character_ownerships o using (user_id, character_code)
    where u.user_id = ${user} order by 1`;
  const { catalog } = background.rewards;

  test("a published reward is in both stores; a hundred of them at once are one row", async () => {
    const user = await account();
    const [, paper] = await catalog.all();
    if (!paper) throw new Error("no character");
    const body = JSON.stringify(grantOf(user, paper, "scan"));
    const saved = async () =>
      Number(
        /queue="save_character",result="saved"} (\d+)/.exec(await registry.metrics())?.[1] ?? 0,
      );
    const before = await saved();
    for (let i = 0; i < 100; i++) await channel.basicPublish(names.rewardExchange, "", body);
    await until(async () => (await rowsOf(user)).length === 1);
    await until(async () => (await saved()) === before + 100);
    expect(await rowsOf(user)).toMatchObject([{ code: paper.code, source: "scan" }]);
  });

  test("the default one goes to whoever is said to have none", async () => {
    const user = await account();
    const body = JSON.stringify({ user_id: user });
    await channel.basicPublish(names.characterExchange, names.grantDefaultQueue, body);
    await until(async () => (await rowsOf(user)).length === 1);
    expect(await rowsOf(user)).toMatchObject([{ code: "char-eco", source: "default-onboard" }]);
  });

  test("what cannot be read or stored is dead-lettered, and does not hold up its neighbours", async () => {
    const user = await account();
    const character = await catalog.default();
    if (!character) throw new Error("no default");
    const good = grantOf(user, character, "scan");
    const bodies = ["no json", "{}", { ...good, character_name: "\u0000" }, good];
    for (const body of bodies) {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      await channel.basicPublish(names.rewardExchange, "", text);
    }
    await until(async () => (await rowsOf(user)).length === 1);
    const letters: string[] = [];
    await until(async () => {
      const letter = await channel.basicGet(names.characterDeadLetterQueue, { noAck: true });
      if (letter) letters.push(letter.bodyString() ?? "");
      return letters.length === 5; // the third has nothing for the character store that it could not take
    });
    expect(letters.filter((text) => text === "no json")).toHaveLength(2);
  });

  test("a change of the catalogue reaches every process's copy", async () => {
    await catalog.all();
    await sql`update character.characters set dialog = '바뀐 말' where code = 'char-bini'`;
    const message = JSON.stringify({ type: "upsert", character: {} });
    await channel.basicPublish(names.characterCacheExchange, "", message);
    await until(async () => (await catalog.byMatch("비닐류"))?.dialog === "바뀐 말");
  });

  test("a reward that is new is said to be, though its event is written by others too", async () => {
    const [, paper] = await catalog.all();
    if (!paper) throw new Error("no character");
    for (let i = 0; i < 20; i++) {
      const grant = grantOf(await account(), paper, "quest");
      expect(await give({ ...background.rewards, broker }, grant)).toBe("new");
      expect(await give({ ...background.rewards, broker }, grant)).toBe("owned");
    }
  });

  test("a reward given through the broker alone arrives", async () => {
    const user = await account();
    const character = await catalog.default();
    if (!character) throw new Error("no default");
    const away = openPostgres("postgres://127.0.0.1:1/none", "test");
    const deps = { ...background.rewards, broker, sql: away };
    expect(await give(deps, grantOf(user, character, "scan"))).toBe("later");
    await until(async () => (await rowsOf(user)).length === 1);
    await away.end();
    const both = { ...deps, broker: undefined, sql: away };
    expect(give(both, grantOf(user, character, "scan"))).rejects.toThrow();
  });
});
