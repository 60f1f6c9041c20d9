import { afterAll, afterEach, expect, test } from "bun:test";
import { rooms as limits } from "../../shared/limits.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { openTestGateway } from "../testing/test-room.ts";

const [anna, ben] = [
  "6f1d2c3b-0000-4000-8000-00000000000a",
  "6f1d2c3b-0000-4000-8000-00000000000b",
];
let rooms = 0;
const newRoom = () => `room-${process.pid}-${++rooms}`;

describeWith("redis", "postgres")("a room", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const stores = { redisUrl: redis.url, databaseUrl: database.url };
  const gateway = openTestGateway({ ...stores, rooms: { sockets: 4, messagesPer10s: 30 } });
  const guarded = openTestGateway({ ...stores, needsToken: true, rooms: { sockets: 4 } });
  const { enter, deps } = gateway;
  const stored = async (sid: string) =>
    (await deps.redis.xrange(`chat:session:${sid}`, "-", "+")).map(([id, fields]) => ({
      id,
      fields,
    }));
  afterEach(() => Promise.all([gateway.leaveAll(), guarded.leaveAll()]));
  afterAll(async () => {
    await Promise.all([gateway.close(), guarded.close()]);
    await Promise.all([redis.stop(), database.drop()]);
  });

  test.each([
    ["no sid", "", 4001],
    ["a blank sid", "?sid=", 4001],
    ["a sid that is none", "?sid=a%20b", 4002],
    ["a sid too long", `?sid=${"a".repeat(65)}`, 4002],
  ])("%s is closed with its code", async (_, query, code) => {
    const path = `/v1/session/chat${query}`;
    expect(await (await enter("", { path })).code()).toBe(code);
  });

  test("two people hear all four messages, and the stream holds them as they were sent", async () => {
    const sid = newRoom();
    const [a, b] = [await enter(sid), await enter(sid, { path: `/api/v1/rooms/${sid}/ws` })];
    const sent = [
      [a, "A", "안녕하세요!"],
      [b, "B", "네, 안녕하세요"],
      [a, "A", "페트병은 어떻게 버려요?"],
      [b, "B", "라벨을 떼세요"],
    ] as const;
    for (const [i, [person, role, text]] of sent.entries()) {
      person.say(text, role);
      await until(() => a.frames().length > i && b.frames().length > i);
    }
    expect(a.texts).toEqual(b.texts);
    expect(a.frames().map(({ hd, bd }) => [hd.event, hd.role, bd["text"]])).toEqual(
      sent.map(([, role, text]) => ["chat.message", role, text]),
    );
    const entries = await stored(sid);
    expect(entries.map(({ fields }) => fields)).toEqual(
      sent.map(([, role, text]) => [
        "participant",
        role,
        "body",
        JSON.stringify({ hd: { event: "chat.message", role }, bd: { text } }),
      ]),
    );
    const [first] = a.frames();
    const ts = Number(entries[0]?.id.split("-")[0]);
    expect(first as unknown).toEqual({
      hd: {
        event: "chat.message",
        role: "A",
        sid,
        id: entries[0]?.id,
        ts,
        timestamp: new Date(ts).toISOString(),
      },
      bd: { text: "안녕하세요!" },
      sid,
      participant: "A",
    });
    expect(await deps.redis.ttl(`chat:session:${sid}`)).toBeGreaterThan(29 * 86_400);
  });

  test("rooms do not mix, a role left out is `user`, extra keys and a timestamp of one's own stay", async () => {
    const [one, two] = [newRoom(), newRoom()];
    const [a, b] = [await enter(one), await enter(two)];
    const timestamp = "2025-11-22T15:30:34.567Z";
    a.send({
      hd: { event: "chat.message", sid: one, timestamp, x: 1 },
      bd: { text: "hi", y: [2] },
    });
    b.say("there", "B");
    await until(() => a.texts.length > 0 && b.texts.length > 0);
    expect(a.frames()[0]).toMatchObject({
      hd: { role: "user", sid: one, timestamp, x: 1 },
      bd: { text: "hi", y: [2] },
    });
    expect(b.frames().map(({ bd }) => bd["text"])).toEqual(["there"]);
    expect((await stored(one))[0]?.fields[1]).toBe("user");
  });

  test.each(["한국어 조합", "日本語のテスト", "中文測試，沒問題", "👩‍👩‍👧‍👦🇰🇷🤷🏽‍♀️", "a\nb\tc"])(
    "%p comes back as it was, byte for byte",
    async (text) => {
      const a = await enter(newRoom());
      a.say(text);
      await until(() => a.texts.length === 1);
      expect(a.frames()[0]?.bd["text"]).toBe(text);
    },
  );

  test("text is NFC and trimmed, and control characters are gone", async () => {
    const a = await enter(newRoom());
    a.say(" \u1112\u1161\u11ab\u0000\u001b[31m글\r\n ");
    await until(() => a.texts.length === 1);
    expect(a.frames()[0]?.bd["text"]).toBe("한[31m글");
  });

  test.each([
    ["JSON that is none", "{", "bad_json"],
    ["a list", "[]", "bad_envelope"],
    ["a list as head", '{"hd":[],"bd":{}}', "bad_envelope"],
    ["no body", '{"hd":{"event":"ping"}}', "bad_envelope"],
    ["an event that is no text", '{"hd":{"event":1},"bd":{}}', "bad_envelope"],
    ["half a character", '{"hd":{"event":"chat.message"},"bd":{"text":"\\ud800"}}', "bad_envelope"],
    ["a number as text", '{"hd":{"event":"chat.message"},"bd":{"text":5}}', "bad_envelope"],
    ["an unknown event", '{"hd":{"event":"x"},"bd":{}}', "unknown_event"],
    ["no text", '{"hd":{"event":"chat.message"},"bd":{}}', "empty_text"],
    ["blank text", '{"hd":{"event":"chat.message"},"bd":{"text":" \\u0000 "}}', "empty_text"],
    [
      "too long a text",
      { hd: { event: "chat.message" }, bd: { text: "가".repeat(4001) } },
      "too_long",
    ],
    [
      "too much else",
      { hd: { event: "chat.message" }, bd: { text: "a", x: "b".repeat(4096) } },
      "too_long",
    ],
    ["another room's name", { hd: { event: "ping", sid: "other" }, bd: {} }, "sid_mismatch"],
    [
      "the model's role",
      { hd: { event: "chat.message", role: "llm" }, bd: { text: "a" } },
      "forbidden_role",
    ],
    ["the same, dressed up", { hd: { event: "typing", role: "ＬＬＭ" }, bd: {} }, "forbidden_role"],
    [
      "the system's role",
      { hd: { event: "chat.message", role: "system" }, bd: { text: "a" } },
      "forbidden_role",
    ],
    ["a role with blanks", { hd: { event: "ping", role: "a b" }, bd: {} }, "bad_envelope"],
  ])("%s is told so, to its sender alone, and the socket goes on", async (_, frame, code) => {
    const sid = newRoom();
    const [a, b] = [await enter(sid), await enter(sid)];
    a.send(frame);
    expect(await a.error()).toBe(code);
    expect(JSON.parse(a.texts[0] ?? "")).toMatchObject({ status: "error", hd: { role: "system" } });
    a.say("still here");
    await until(() => b.texts.length === 1);
    expect(b.frames()[0]?.bd["text"]).toBe("still here");
    expect(await stored(sid)).toHaveLength(1);
  });

  test("a text of exactly the limit passes, in characters that take four bytes each", async () => {
    const a = await enter(newRoom());
    a.say("😀".repeat(4000));
    await until(() => a.texts.length === 1);
    expect(a.of("chat.message")).toHaveLength(1);
  });

  test("binary and malformed frames end a connection after the third in a row", async () => {
    const a = await enter(newRoom());
    a.raw.send(Buffer.from("{}"));
    a.send("{");
    a.send("[");
    expect(await a.code()).toBe(1007);
  });

  test("ping is answered, typing goes to the others, once a second, and neither is stored", async () => {
    const sid = newRoom();
    const [a, b] = [await enter(sid), await enter(sid)];
    a.send({ hd: { event: "ping" }, bd: { n: 7 } });
    await until(() => a.of("pong")[0]?.bd["n"] === 7);
    for (let i = 0; i < 3; i++) a.send({ hd: { event: "typing", role: "A" }, bd: { on: true } });
    a.say("done", "A");
    await until(() => b.of("chat.message").length === 1);
    expect(b.of("typing").map(({ hd, bd }) => [hd.role, bd])).toEqual([["A", { on: true }]]);
    expect(a.of("typing")).toEqual([]);
    expect(await stored(sid)).toHaveLength(1);
  });

  test("nothing comes unasked; who asks hears who comes and goes", async () => {
    const sid = newRoom();
    const plain = await enter(sid);
    plain.send({ hd: { event: "ping" }, bd: {} });
    await until(() => plain.of("pong").length === 1);
    const watcher = await enter(sid, { query: "&presence=1&role=W" });
    await until(() => watcher.of("room.presence").length === 1);
    const guest = await enter(sid, { query: "&role=B" });
    await until(() => watcher.of("room.presence").length === 2);
    guest.close();
    await until(() => watcher.of("room.presence").length === 3);
    expect(watcher.of("room.presence").map(({ bd }) => bd)).toEqual([
      { joined: true, role: "W", count: 2 },
      { joined: true, role: "B", count: 3 },
      { left: true, role: "B", count: 2 },
    ]);
    expect(plain.texts).toHaveLength(1);
  });

  test("a new socket gets as many of the latest as it asks for, or what came after an id, then what comes", async () => {
    const sid = newRoom();
    const a = await enter(sid);
    for (let i = 1; i <= 6; i++) a.say(`m${i}`);
    await until(() => a.texts.length === 6);
    const texts = (person: typeof a) => person.frames().map(({ bd }) => bd["text"]);
    const last = await enter(sid, { query: "&replay=2" });
    const since = await enter(sid, { query: `&since=${a.frames()[2]?.hd.id}` });
    const future = await enter(sid, { query: "&since=99999999999999-0" });
    await until(() => last.texts.length === 2 && since.texts.length === 3);
    a.say("m7");
    await until(
      () => last.texts.length === 3 && since.texts.length === 4 && future.texts.length === 1,
    );
    expect(texts(last)).toEqual(["m5", "m6", "m7"]);
    expect(texts(since)).toEqual(["m4", "m5", "m6", "m7"]);
    expect(texts(future)).toEqual(["m7"]);
  });

  test("a client that reads slowly is not given more at once than it can take", async () => {
    const sid = newRoom();
    const adding = deps.redis.pipeline();
    for (let i = 1; i <= 300; i++) {
      const body = { hd: { event: "chat.message", role: "A" }, bd: { text: "가".repeat(4000) } };
      const fields = ["participant", "A", "body", JSON.stringify(body)];
      adding.xadd(`chat:session:${sid}`, `1-${i}`, ...fields);
    }
    await adding.exec();
    const slow = await enter(sid, { query: "&since=1-1" });
    slow.say("live");
    await until(() => slow.frames().at(-1)?.bd["text"] === "live");
    const ids = slow.frames().map(({ hd }) => Number(hd.id?.split("-")[1]));
    const given = ids.slice(0, -1);
    expect(given).toEqual(given.map((_, i) => 301 - given.length + i));
    const bytes = slow.texts.slice(0, -1).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThanOrEqual(limits.replayBytes);
    expect(bytes).toBeGreaterThan(limits.replayBytes - 20_000);
  });

  test("who missed more than a socket is given gets the newest, and the history closes the gap", async () => {
    const sid = newRoom();
    const adding = deps.redis.pipeline();
    for (let i = 1; i <= limits.since + 21; i++) {
      const body = { hd: { event: "chat.message", role: "A" }, bd: { text: `m${i}` } };
      const fields = ["participant", "A", "body", JSON.stringify(body)];
      adding.xadd(`chat:session:${sid}`, `1-${i}`, ...fields);
    }
    await adding.exec();
    const back = await enter(sid, { query: "&since=1-1" });
    await until(() => back.texts.length === limits.since);
    back.say("live");
    await until(() => back.texts.length === limits.since + 1);
    const given = back.frames().map(({ hd }) => hd.id);
    const page = `${gateway.url}/api/chat/history/${sid}?before=${given[0]}&after=1-1&limit=200`;
    const { messages, has_more } = (await (await fetch(page)).json()) as {
      messages: { id: string }[];
      has_more: boolean;
    };
    const ids = [...messages.map(({ id }) => id), ...given.slice(0, -1)];
    expect(ids).toEqual(Array.from({ length: limits.since + 20 }, (_, i) => `1-${i + 2}`));
    expect(has_more).toBe(false);
    expect(back.frames().at(-1)?.bd["text"]).toBe("live");
  });

  test("who was let in hears whoever speaks from then on, however soon", async () => {
    const sid = newRoom();
    const a = await enter(sid);
    for (let i = 1; i <= 10; i++) {
      const late = await guarded.enter(sid, { user: anna });
      a.say(`m${i}`); // its own gateway is still bringing it into the room
      await until(() => late.texts.length > 0);
      expect(late.frames().map(({ bd }) => bd["text"])).toEqual([`m${i}`]);
      late.close();
      await until(async () => (await deps.pubsub.zcard(`room:sockets:${sid}`)) === 1);
    }
  });

  test("one socket too many is told that the room is full; a place that is left is free", async () => {
    const sid = newRoom();
    const inside = await Promise.all([1, 2, 3, 4].map(() => enter(sid)));
    const late = await enter(sid);
    expect(await late.code()).toBe(4409);
    const elsewhere = await guarded.enter(sid, { user: anna });
    expect(await elsewhere.code()).toBe(4409);
    inside[0]?.close();
    await until(async () => (await deps.pubsub.zcard(`room:sockets:${sid}`)) === 3);
    const next = await enter(sid);
    next.say("in");
    await until(() => next.texts.length === 1);
    expect(next.closed()).toBeUndefined();
  });

  test("numbers nobody should see are masked before they are stored", async () => {
    const sid = newRoom();
    const a = await enter(sid);
    a.say("제 번호는 900101-1234567, 카드는 1234-5678-9012-3456, 전화는 010-1234-5678");
    await until(() => a.texts.length === 1);
    const masked = "제 번호는 900101-*******, 카드는 ****-****-****-3456, 전화는 010-1234-5678";
    expect(a.frames()[0]?.bd["text"]).toBe(masked);
    expect((await stored(sid))[0]?.fields[3]).not.toContain("1234567");
  });

  test("a room that is talked full asks to wait, and says for how long", async () => {
    const sid = newRoom();
    const people = await Promise.all([1, 2].map(() => enter(sid)));
    for (let i = 0; i < 16; i++) for (const person of people) person.say("hi");
    const [a, b] = people;
    await until(() => (a?.of("error").length ?? 0) + (b?.of("error").length ?? 0) > 0);
    const error = [...(a?.of("error") ?? []), ...(b?.of("error") ?? [])][0];
    expect(error?.bd).toMatchObject({ code: "rate_limited" });
    expect(Number(error?.bd["retry_after_ms"])).toBeGreaterThan(0);
  });

  test("what cannot be stored is not said, and its sender hears of it", async () => {
    const own = await startRedis();
    const alone = openTestGateway({ ...stores, redisUrl: own.url, pubsubUrl: redis.url });
    const sid = newRoom();
    const [a, b] = [await alone.enter(sid), await alone.enter(sid)];
    a.say("one");
    await until(() => b.texts.length === 1);
    await own.crash();
    a.say("two");
    expect(await a.error()).toBe("storage_unavailable");
    expect(b.texts).toHaveLength(1);
    await own.restart();
    await until(() => alone.deps.redis.status === "ready");
    a.say("three");
    await until(() => b.texts.length === 2);
    await alone.leaveAll();
    await alone.close();
    await own.stop();
  });

  test("where a token is needed: none is 4401, a revoked one 4403, also while it is open", async () => {
    const sid = newRoom();
    expect(await (await guarded.enter(sid)).code()).toBe(4401);
    const jti = crypto.randomUUID();
    const a = await guarded.enter(sid, { user: anna, jti });
    a.say("hi", "A");
    await until(() => a.texts.length === 1);
    guarded.deps.revocations.add(jti, Date.now() + 60_000);
    expect(await a.code()).toBe(4403);
    expect(await (await guarded.enter(sid, { user: anna, jti })).code()).toBe(4403);
  });

  test("a role belongs to whoever signed in and used it first, also when two ask at once", async () => {
    const sid = newRoom();
    const people = [
      await guarded.enter(sid, { user: anna }),
      await guarded.enter(sid, { user: ben }),
      await guarded.enter(sid, { user: anna }),
    ] as const;
    people[0].say("mine", "A");
    people[1].say("mine", "A");
    await until(() => people.some((person) => person.of("error").length > 0));
    const winner = (await deps.redis.hget(`room:members:${sid}`, "A")) === anna ? 0 : 1;
    const [won, lost] = [people[winner], people[1 - winner]];
    expect(lost?.of("error").map(({ bd }) => bd["code"])).toEqual(["role_taken"]);
    expect(won?.of("error")).toEqual([]);
    lost?.say("then B", "B");
    await until(() => (won?.of("chat.message").length ?? 0) === 2);
    const nobody = await enter(sid);
    nobody.say("me too", "A");
    expect(await nobody.error()).toBe("role_taken");
    expect(await stored(sid)).toHaveLength(2);
  });

  test("a room opened for its members lets only them in", async () => {
    const connect = (user: string | undefined, body: unknown) =>
      guarded.send("POST", "/v1/session/connect", { user, body });
    expect((await connect(undefined, { userId: "u" })).status).toBe(401);
    const blank = await connect(anna, { userId: "  " });
    expect([blank.status, await blank.json()]).toMatchObject([400, { code: "USER_ID_REQUIRED" }]);
    expect((await connect(anna, { userId: "u", members: { llm: anna } })).status).toBe(422);
    const opened = await connect(anna, { userId: "u", members: { A: anna }, llm_mode: "auto" });
    const { sid } = (await opened.json()) as { sid: string };
    expect(sid).toMatch(/^s[0-9a-f]{10}$/);
    expect(await deps.redis.ttl(`session:info:${sid}`)).toBeGreaterThan(86_000);
    expect(await deps.redis.hgetall(`room:meta:${sid}`)).toEqual({
      llm_mode: "auto",
      access: "members",
    });
    expect(await (await guarded.enter(sid, { user: ben })).code()).toBe(4403);
    expect(await (await enter(sid)).code()).toBe(4403);
    const a = await guarded.enter(sid, { user: anna });
    a.say("alone", "A");
    await until(() => a.texts.length === 1);
  });
});
