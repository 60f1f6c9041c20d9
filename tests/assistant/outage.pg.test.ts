import { expect, test } from "bun:test";
import { says } from "../../shared/testing/says.ts";
import { describeWith } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { assistantRig } from "./rig.ts";

describeWith(
  "redis",
  "rabbitmq",
  "postgres",
)("the assistant without its stores", () => {
  const rig = assistantRig({ perMinute: 3 });
  const newUser = () => crypto.randomUUID();

  test("more than its share of turns is 429, and an error frame", async () => {
    rig.state.llm = says("답");
    const user = newUser();
    for (let i = 0; i < 3; i++) expect((await rig.ask(user, { message: "질문" })).status).toBe(200);
    const refused = await rig.ask(user, { message: "질문" });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).not.toBeNull();
    const socket = await rig.talk(user);
    socket.ask("질문");
    expect(await socket.upTo(() => true)).toEqual(['{"error":"rate limited"}']);
    socket.close();
  });

  test("an answer that takes too long is 504, and an error frame; it enters the session all the same", async () => {
    const parts = rig.own.deps.assistant as { turnWaitMs: number };
    const { turnWaitMs } = parts;
    parts.turnWaitMs = 1500;
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const [user, sid, other] = [newUser(), crypto.randomUUID(), crypto.randomUUID()];
    try {
      rig.state.llm = says("늦은 ", () => gates[0].promise, "답");
      const late = await rig.ask(user, { message: "질문", session_id: sid });
      expect(late.status).toBe(504);
      expect(late.json).toMatchObject({ code: "TIMEOUT" });
      const socket = await rig.talk(user);
      rig.state.llm = says(() => gates[1].promise, "답");
      socket.ask("질문", { session_id: other });
      expect(await socket.upTo(() => true)).toEqual(['{"error":"timeout"}']);
      socket.close();
      for (const gate of gates) gate.resolve();
      for (const [of, answer] of [
        [sid, "늦은 답"],
        [other, "답"],
      ] as const) {
        await until(async () => (await rig.memory(of)).length === 2);
        expect(await rig.memory(of)).toEqual(["user: 질문", `assistant: ${answer}`]);
        expect(await rig.isLocked(of)).toBe(false);
      }
    } finally {
      parts.turnWaitMs = turnWaitMs;
      for (const gate of gates) gate.resolve();
    }
  });

  test("without a broker nothing is taken: 503, no lock, and no turn later", async () => {
    const deps = rig.own.deps as { broker: unknown };
    const { broker } = deps;
    deps.broker = undefined;
    const sid = `s-${crypto.randomUUID()}`;
    const answer = await rig.ask(newUser(), { message: "질문", session_id: sid });
    deps.broker = broker;
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await rig.isLocked(sid)).toBe(false);
    expect(await rig.memory(sid)).toEqual([]);
  });

  test("without its memory it does not answer: 503, and internal on a socket", async () => {
    const socket = await rig.talk(newUser());
    await rig.server.crash();
    await until(() => rig.own.deps.redis.status !== "ready");
    const answer = await rig.ask(newUser(), { message: "질문" });
    expect(answer.status).toBe(503);
    socket.ask("질문");
    expect(await socket.upTo(() => true)).toEqual(['{"error":"internal"}']);
    await rig.server.restart();
    const { redis, pubsub } = rig.own.deps;
    await until(() => redis.status === "ready" && pubsub.status === "ready"); // for the tests after this one
  }, 30_000);
});
