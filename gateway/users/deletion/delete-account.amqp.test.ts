import { afterAll, expect, test } from "bun:test";
import type { ChatId, JobId, UserId } from "../../../shared/contract/ids.ts";
import { keys } from "../../../shared/keys.ts";
import {
  describeWith,
  startRedis,
  testDatabase,
  testTopology,
} from "../../../shared/testing/services.ts";
import { openTestApp, testToken } from "../../testing/test-app.ts";
import { workOff } from "./delete-account.ts";

const me = "/api/v1/users/me";

describeWith(
  "redis",
  "postgres",
  "rabbitmq",
)("deleting an account", async () => {
  const [redis, database, queue] = await Promise.all([
    startRedis({ aof: true }),
    testDatabase(),
    testTopology(),
  ]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url, queue });
  const { sql, redis: store, cache } = use.deps;
  await use.deps.broker?.started;
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop(), queue.remove()]);
  });
  /** With a token of its own: the one of a deleted account is revoked. */
  const send = async (user: UserId, method: string, path: string, body?: unknown) => {
    const authorization = `Bearer ${await testToken(user, { jti: crypto.randomUUID() })}`;
    return use.send(method, path, { body, headers: { authorization } });
  };

  /** Somebody with a chat, an answer, a running job, memory in both stores, and a character. */
  const person = async () => {
    const secret = `아무도 몰라야 하는 말 ${crypto.randomUUID()}`;
    const [row] = await sql<{ id: UserId }[]>`
      insert into users.accounts (nickname, phone_number)
      values (${secret}, ${`010-${Math.random().toString().slice(2, 6)}-0000`}) returning id`;
    if (!row) throw new Error("no account");
    const user = row.id;
    const chat = ((await (await send(user, "POST", "/api/v1/chat")).json()) as { id: ChatId }).id;
    const sent = await send(user, "POST", `/api/v1/chat/${chat}/messages`, { message: secret });
    const { job_id: running } = (await sent.json()) as { job_id: JobId };
    const old = crypto.randomUUID() as JobId;
    await sql`insert into chat.messages (id, chat_id, role, content, job_id)
      values (gen_random_uuid(), ${chat}, 'user', ${secret}, ${old})`;
    await sql`insert into chat.evals (job_id, intent, provider, model, grade, score, axes, prompt_version)
      values (${old}, 'waste', 'local', 'local', 'S', 99, '{}', '1')`;
    await sql`insert into public.checkpoints (thread_id, checkpoint_id, checkpoint)
      values (${chat}, '1', ${sql.json({ said: secret })})`;
    await sql`insert into images.uploads (key, user_id, channel, stored_at)
      values (${`scan/${crypto.randomUUID()}.png`}, ${user}, 'scan', now())`;
    const sid = crypto.randomUUID();
    const { namespace } = use.deps.locks;
    await store.set(keys.assistantOwner(namespace, sid), user);
    await store.lpush(keys.assistantMemory(namespace, sid), JSON.stringify({ content: secret }));
    await store.set(keys.state(old), JSON.stringify({ said: secret }));
    await cache.sadd(keys.checkpointSpaces(chat), "");
    await cache.zadd(keys.checkpointHistory(chat, ""), "1", "1");
    await cache.hset(keys.checkpoint(chat, "", "1"), "checkpoint", secret);
    await send(user, "GET", `${me}/characters`);
    await sql`insert into users.user_characters (id, user_id, character_id, character_code, character_name)
      values (gen_random_uuid(), ${user}, gen_random_uuid(), 'char-eco', '이코')`;
    return { user, chat, running, old, secret };
  };
  /** Every table and every key that still has something of a person, by the secret or an id. */
  const traces = async ({
    user,
    chat,
    running,
    old,
    secret,
  }: Awaited<ReturnType<typeof person>>) => {
    const words = [user, chat, running, old, secret];
    const found: string[] = [];
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
    for (const { name } of tables) {
      const [row] = await sql.unsafe(
        `select count(*)::int as n from ${name} t where t::text like any ($1)`,
        [words.map((word) => `%${word}%`)],
      );
      if (row?.["n"] > 0) found.push(name);
    }
    for (const key of await store.keys("*")) {
      const dump = [key, (await store.dumpBuffer(key))?.toString("utf8") ?? ""];
      if (words.some((word) => dump.some((text) => text.includes(word)))) found.push(key);
    }
    return found;
  };

  test("leaves nothing but counts, and a token that is good for nothing", async () => {
    const [gone, stays] = [await person(), await person()];
    expect((await send(gone.user, "DELETE", me)).status).toBe(204);
    const [order] = await sql`select counts from users.deletions where user_id = ${gone.user}`;
    expect(order?.["counts"]).toMatchObject({
      accounts: 1,
      characters: 1,
      conversations: 1,
      messages: 1,
      grades: 1,
      checkpoints: 1,
      memory: 1,
      images: 1,
      sessions: 1,
      jobs: 2,
    });
    // what is left until nothing is on its way any more, each for an hour at most
    expect(await store.hget(keys.job(gone.running), "status")).toBe("cancelled");
    await workOff(use.deps, 0);
    const ours = (await traces(gone)).filter((place) => !place.startsWith("chat:events:"));
    expect(ours.filter((place) => !expires(place))).toEqual([]);
    expect((await sql`select user_id, chat_ids, job_ids from users.deletions`)[0]).toEqual({
      user_id: null,
      chat_ids: null,
      job_ids: null,
    });
    // the neighbour has everything
    const theirs = await send(stays.user, "GET", `/api/v1/chat/${stays.chat}`);
    expect(theirs.status).toBe(200);
    expect(await sql`select 1 from chat.messages where chat_id = ${stays.chat}`).toHaveLength(1);
    expect(await cache.hget(keys.checkpoint(stays.chat, "", "1"), "checkpoint")).toBe(stays.secret);
  });

  /** Ids without words that end by themselves: who owned a chat, which tokens were revoked, requests counted. */
  const expires = (place: string) => /^(chat:owner:|auth:revocations$|limit:)/.test(place);

  test("the second pass takes what was written late, and leaves the same person's new account alone", async () => {
    const { user, chat } = await person();
    await send(user, "DELETE", me);
    await sql`insert into chat.conversations (id, user_id) values (${chat}, ${user})`;
    await sql`insert into public.checkpoints (thread_id, checkpoint_id, checkpoint) values (${chat}, '2', '{}')`;
    await cache.hset(keys.checkpoint(chat, "", "2"), "checkpoint", "late");
    await cache.sadd(keys.checkpointSpaces(chat), "");
    await cache.zadd(keys.checkpointHistory(chat, ""), "2", "2");
    await sql`insert into users.accounts (id) values (${user})`;
    const fresh = crypto.randomUUID();
    await sql`insert into chat.conversations (id, user_id) values (${fresh}, ${user})`;
    await workOff(use.deps, 0);
    expect(await sql`select 1 from public.checkpoints where thread_id = ${chat}`).toHaveLength(0);
    expect(await sql`select id from chat.conversations where user_id = ${user}`).toMatchObject([
      { id: fresh },
    ]);
    expect(await cache.exists(keys.checkpoint(chat, "", "2"))).toBe(0);
    expect(await sql`select 1 from users.accounts where id = ${user}`).toHaveLength(1);
  });

  test("an order left by a process that died is worked off", async () => {
    const { user, chat } = await person();
    await sql`insert into users.deletions (user_id, chat_ids, job_ids, requested_at)
      values (${user}, array[${chat}]::uuid[], '{}', now() - interval '1 hour')`;
    await workOff(use.deps);
    expect(await sql`select 1 from users.accounts where id = ${user}`).toHaveLength(0);
    expect(await sql`select 1 from chat.conversations where id = ${chat}`).toHaveLength(0);
  });
});
