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
  }, 30_000);
});
