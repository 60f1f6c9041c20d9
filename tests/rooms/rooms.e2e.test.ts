// Two gateways and a real fleet behind them; people hold sockets to either, and Pub/Sub dies in mid-conversation.
import { afterAll, beforeEach, expect, test } from "bun:test";
import { openSocket, type TestSocket } from "../../gateway/testing/ws-client.ts";
import { describeWith, startRedis } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { freePort } from "../../stack/ports.ts";
import { startStack } from "../stack.ts";

interface Frame {
  readonly hd: { readonly event: string; readonly role: string; readonly id: string };
  readonly bd: Readonly<Record<string, unknown>>;
}

describeWith(
  "redis",
  "rabbitmq",
  "postgres",
)("rooms over a fleet", async () => {
  const pubsub = await startRedis();
  const own = { REDIS_PUBSUB_URL: pubsub.url, ROOM_MESSAGES_PER_10S: "1000" };
  const stack = await startStack(["--workers", "1"], own);
  const file = stack.file();
  const port = await freePort();
  const startSecond = () =>
    Bun.spawn([process.execPath, "gateway/main.ts", "api"], {
      cwd: `${import.meta.dir}/../..`,
      env: {
        PATH: process.env["PATH"] ?? "",
        REDIS_STREAMS_URL: file.services.redis_streams.url,
        RABBITMQ_URL: file.services.rabbitmq.url,
        DATABASE_URL: file.services.postgres.url,
        JWT_SECRET: file.jwt_secret,
        JWT_ISS: file.jwt_iss,
        JWT_AUD: file.jwt_aud,
        ROOM_AUTH: "optional",
        ...own,
        HOST: "127.0.0.1",
        PORT: String(port),
        ADMIN_PORT: "0",
      },
      stdout: "ignore",
      stderr: "inherit",
    });
  let second = startSecond();
  const bases = [file.base_url, `http://127.0.0.1:${port}`];
  beforeEach(async () => {
    if (second.killed) second = startSecond();
    await until(async () => (await fetch(`${bases[1]}/health`)).ok, { timeoutMs: 20_000 });
  }, 30_000);
  const open: TestSocket[] = [];
  afterAll(async () => {
    for (const socket of open) socket.raw.terminate();
    second.kill("SIGKILL");
    await stack.stop();
    await pubsub.stop();
  });

  const enter = async (gateway: number, sid: string, query = "") => {
    const url = `${bases[gateway]?.replace("http", "ws")}/v1/session/chat?sid=${sid}${query}`;
    const socket = await openSocket(url);
    open.push(socket);
    const frames = (event: string) =>
      socket.texts.map((text) => JSON.parse(text) as Frame).filter(({ hd }) => hd.event === event);
    // entries are heard from the opening on, what is not stored once the gateway has brought it in
    socket.send({ hd: { event: "ping" }, bd: {} });
    await until(() => frames("pong").length === 1);
    return {
      ...socket,
      frames,
      said: () => frames("chat.message").map(({ bd }) => bd["text"]),
      ids: () => frames("chat.message").map(({ hd }) => hd.id),
      say: (text: string, role: string) =>
        socket.send({ hd: { event: "chat.message", role }, bd: { text } }),
      ask: (prompt: string, role: string) =>
        socket.send({ hd: { event: "llm.invoke", role }, bd: { prompt } }),
    };
  };
  test("Pub/Sub dies in mid-conversation: everybody has every entry, once, in one order", async () => {
    const [one, other] = ["fleet-one", "fleet-other"];
    const a = await enter(0, one);
    const b = await enter(1, one);
    const c = await enter(1, one);
    const stranger = await enter(0, other);
    const sent: string[] = [];
    const say = (who: typeof a, role: string) => {
      const text = `${role}${sent.length}`;
      sent.push(text);
      who.say(text, role);
    };
    const pace = () => Bun.sleep(520); // what a socket's bucket gives back
    for (let i = 0; i < 8; i++)
      for (const [who, role] of [
        [a, "A"],
        [b, "B"],
      ] as const)
        say(who, role);
    await pubsub.crash();
    for (let i = 0; i < 8; i++) {
      for (const [who, role] of [
        [a, "A"],
        [b, "B"],
      ] as const)
        say(who, role);
      stranger.say(`s${i}`, "S");
      await pace();
    }
    await pubsub.restart();
    for (let i = 0; i < 3; i++) {
      for (const [who, role] of [
        [a, "A"],
        [b, "B"],
      ] as const)
        say(who, role);
      await pace();
    }
    const all = [a, b, c];
    const heard = (person: typeof a) => person.said().length + person.frames("error").length;
    await until(() => all.every((person) => heard(person) >= sent.length || person.closed()), {
      timeoutMs: 15_000,
    }).catch(() => undefined);
    for (const person of all) {
      expect([person.said().length, person.frames("error"), person.closed()]).toEqual([
        sent.length,
        [],
        undefined,
      ]);
      expect(person.said()).toEqual(a.said());
      expect(person.ids()).toEqual(a.ids());
      expect(new Set(person.ids()).size).toBe(sent.length);
    }
    const rank = (id: string) => id.split("-").map(Number) as [number, number];
    const sorted = a.ids().toSorted((x, y) => rank(x)[0] - rank(y)[0] || rank(x)[1] - rank(y)[1]);
    expect(a.ids()).toEqual(sorted);
    expect(new Set(a.said())).toEqual(new Set(sent));
    expect(stranger.said()).toEqual(Array.from({ length: 8 }, (_, i) => `s${i}`));
  }, 60_000);

  test("the model answers in the room, the same on both gateways, and one asked meanwhile waits", async () => {
    const [a, b] = [await enter(0, "fleet-model"), await enter(1, "fleet-model")];
    a.say("어제 페트병을 많이 마셨어요", "A");
    a.ask("페트병은 어떻게 버려?", "A");
    b.ask("그럼 유리병은 어떻게 버려?", "B");
    await until(() => [a, b].every((person) => person.frames("llm.response").length === 2), {
      timeoutMs: 40_000,
    });
    for (const person of [a, b]) {
      const order = ["llm.start", "llm.response"].flatMap((event) =>
        person.frames(event).map(({ hd, bd }) => [hd.event, bd["job_id"]] as const),
      );
      expect(order.map(([, job]) => job).slice(0, 2)).toEqual(order.map(([, job]) => job).slice(2));
      for (const { bd } of person.frames("llm.response")) {
        const parts = person
          .frames("llm.streaming")
          .filter((one) => one.bd["job_id"] === bd["job_id"]);
        expect(parts.length).toBeGreaterThan(3);
        expect(parts.map((one) => one.bd["seq"])).toEqual(parts.map((_, i) => i + 1));
        expect(parts.map((one) => one.bd["delta"]).join("")).toBe(String(bd["text"]));
      }
    }
    expect(
      a
        .frames("llm.response")
        .map(({ bd }) => bd["text"])
        .join(),
    ).toContain("라벨");
  }, 60_000);

  test("a gateway that dies under an answer: the other one's people still get it, once", async () => {
    const a = await enter(0, "fleet-death");
    const asker = await enter(1, "fleet-death");
    asker.ask("종이는 어떻게 버려? 수거함도 알려줘", "B");
    await until(() => a.frames("llm.streaming").length > 2, { timeoutMs: 20_000 });
    second.kill("SIGKILL");
    await until(() => a.frames("llm.response").length > 0, { timeoutMs: 30_000 });
    await Bun.sleep(1500); // would somebody say it again?
    expect(a.frames("llm.response")).toHaveLength(1);
    const history = await fetch(`${bases[0]}/api/chat/history/fleet-death`);
    expect(await history.json()).toMatchObject({ participants: { B: 1, llm: 1 } });
  }, 60_000);

  test("a gateway that stops says 1012, and who comes back with `since` has missed nothing", async () => {
    const sid = "fleet-restart";
    const a = await enter(0, sid);
    a.say("before", "A");
    await until(() => a.said().length === 1);
    const { gateway } = stack.file().pids;
    process.kill(gateway, "SIGTERM");
    expect((await until(() => a.closed(), { timeoutMs: 10_000 })).code).toBe(1012);
    await until(() => stack.file().pids.gateway !== gateway, { timeoutMs: 20_000 });
    await until(async () => (await fetch(`${bases[0]}/health`)).ok, { timeoutMs: 20_000 });
    const b = await enter(0, sid);
    b.say("meanwhile", "B");
    await until(() => b.said().length === 1);
    const back = await enter(0, sid, `&since=${a.ids()[0]}`);
    back.say("after", "A");
    await until(() => back.said().length === 2);
    expect(back.said()).toEqual(["meanwhile", "after"]);
  }, 60_000);
});
