import { afterEach, expect, test } from "bun:test";
import { keys } from "../../shared/keys.ts";
import { AppError } from "../../shared/errors.ts";
import { hangs, says } from "../../shared/testing/says.ts";
import { describeWith } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { localLlm } from "../../worker/llm/local.ts";
import { assistantRig } from "./rig.ts";

describeWith(
  "redis",
  "rabbitmq",
  "postgres",
)("the assistant", () => {
  const rig = assistantRig();
  const newUser = () => crypto.randomUUID();
  const newSid = () => `s-${crypto.randomUUID()}`;
  afterEach(() => {
    rig.state.llm = localLlm();
    rig.state.prompts.length = 0;
  });

  test("REST: blank is 400, a new session id is a UUID, and the second turn remembers the first", async () => {
    const user = newUser();
    for (const message of ["", "  \n"]) {
      const { status, json } = await rig.ask(user, { message, session_id: "" });
      expect(status).toBe(400);
      expect(json).toMatchObject({ detail: "message empty", code: "EMPTY_MESSAGE" });
    }
    const first = await rig.ask(user, { message: "페트병 어떻게 버려?", session_id: "" });
    expect(first.status).toBe(200);
    expect(first.json["session_id"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
    expect(first.json["reply"]).toContain("페트병");
    expect(first.json["intent"]).toBe("waste");
    const sid = first.json["session_id"] ?? "";
    const second = await rig.ask(
      user,
      { message: "그건 어디에 버려?", session_id: sid },
      { path: "/chat" },
    );
    expect(second.json["session_id"]).toBe(sid);
    expect(second.json["reply"]).toContain("페트병"); // what "that" was
    expect(rig.state.prompts.at(-1)?.history.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
    ]);
    expect(await rig.memory(sid)).toEqual([
      "user: 페트병 어떻게 버려?",
      `assistant: ${first.json["reply"]}`,
      "user: 그건 어디에 버려?",
      `assistant: ${second.json["reply"]}`,
    ]);
    expect(await rig.isLocked(sid)).toBe(false);
    const ttl = await rig.redis.ttl(keys.assistantMemory("test", sid));
    expect(ttl).toBeGreaterThan(590);
  });

  test("sessions are listed, belong to one user, and can be forgotten", async () => {
    const [user, other] = [newUser(), newUser()];
    rig.state.llm = says("답");
    const sid = newSid();
    await rig.ask(user, { message: "질문", session_id: sid });
    const path = `/api/v1/assistant/sessions/${sid}`;
    const listed = await rig.own.send("GET", `${path}/messages?limit=50`, { user });
    expect(await listed.json()).toMatchObject({
      session_id: sid,
      messages: [
        { role: "user", content: "질문" },
        { role: "assistant", content: "답" },
      ],
    });
    for (const [method, where] of [
      ["GET", `${path}/messages`],
      ["DELETE", path],
      ["GET", "/api/v1/assistant/sessions/unknown/messages"],
    ] as const) {
      const response = await rig.own.send(method, where, { user: other });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "SESSION_NOT_FOUND" });
    }
    expect((await rig.ask(other, { message: "내놔", session_id: sid })).status).toBe(404);
    expect((await rig.own.send("DELETE", path, { user })).status).toBe(204);
    expect(await rig.memory(sid)).toEqual([]);
    expect((await rig.own.send("GET", `${path}/messages`, { user })).status).toBe(404);
    expect((await rig.ask(other, { message: "이제 내 것", session_id: sid })).status).toBe(200);
  });

  test.each([
    [
      "a session id of other letters",
      { message: "질문", session_id: "a b" },
      400,
      "INVALID_SESSION_ID",
    ],
    [
      "a long session id",
      { message: "질문", session_id: "a".repeat(129) },
      400,
      "INVALID_SESSION_ID",
    ],
    ["a number for a message", { message: 1 }, 422, "VALIDATION_ERROR"],
    ["no message", {}, 422, "VALIDATION_ERROR"],
    ["too much", { message: "가".repeat(4001) }, 422, "VALIDATION_ERROR"],
    ["a list", ["질문"], 422, "VALIDATION_ERROR"],
  ])("REST refuses %s", async (_name, body, status, code) => {
    const answer = await rig.ask(newUser(), body);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ code });
  });

  test("REST: the model's failure is 502, with nothing remembered and no lock left", async () => {
    rig.state.llm = says("반쯤", () => Promise.reject(new AppError("MODEL_FAILED")));
    const sid = newSid();
    const { status, json } = await rig.ask(newUser(), { message: "질문", session_id: sid });
    expect(status).toBe(502);
    expect(json).toMatchObject({ code: "MODEL_FAILED" });
    expect(await rig.memory(sid)).toEqual([]);
    expect(await rig.isLocked(sid)).toBe(false);
  });

  test("REST: ten requests with one key are one turn and one answer; another body is refused", async () => {
    const user = newUser();
    const sid = newSid();
    let calls = 0;
    rig.state.llm = async function* () {
      calls++;
      await Bun.sleep(50);
      yield `답 ${calls}`;
    };
    const headers = { "idempotency-key": "k" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        rig.ask(user, { message: "질문", session_id: sid }, { headers }),
      ),
    );
    expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
    expect(answers[0]?.json["reply"]).toBe("답 1");
    expect(await rig.memory(sid)).toHaveLength(2);
    const made = await Promise.all(
      Array.from({ length: 5 }, () =>
        rig.ask(user, { message: "새로" }, { headers: { "idempotency-key": "fresh" } }),
      ),
    );
    expect(new Set(made.map(({ json }) => json["session_id"])).size).toBe(1);
    const other = await rig.ask(user, { message: "다른 질문", session_id: sid }, { headers });
    expect(other.status).toBe(422);
    expect(other.json).toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
  });

  test("REST: a session with a turn in it is busy, 409 with Retry-After", async () => {
    const gate = Promise.withResolvers<void>();
    rig.state.llm = says("앞 ", () => gate.promise, "뒤");
    const [user, sid] = [newUser(), newSid()];
    const first = rig.ask(user, { message: "하나", session_id: sid });
    await until(() => rig.isLocked(sid));
    const second = await rig.ask(user, { message: "둘", session_id: sid });
    expect(second.status).toBe(409);
    expect(second.headers.get("retry-after")).toBe("2");
    expect(second.json).toMatchObject({ detail: "session busy", code: "SESSION_BUSY" });
    gate.resolve();
    expect((await first).json["reply"]).toBe("앞 뒤");
  });

  test("two turns at once on one session come one after the other; other sessions run beside", async () => {
    let inside = 0;
    let most = 0;
    rig.state.llm = async function* ({ question }) {
      most = Math.max(most, ++inside);
      await Bun.sleep(20);
      yield `답: ${question}`;
      inside--;
    };
    const [user, sid] = [newUser(), newSid()];
    const sockets = await Promise.all([rig.talk(user), rig.talk(user), rig.talk(user)]);
    for (const [i, socket] of sockets.entries()) socket.ask(`질문 ${i}`, { session_id: sid });
    await Promise.all(sockets.map((socket) => socket.upTo("[DONE]")));
    expect(most).toBe(1);
    const said = await rig.memory(sid);
    expect(said).toHaveLength(6);
    for (let i = 0; i < said.length; i += 2) {
      const question = said[i]?.replace("user: ", "");
      expect(said[i]).toStartWith("user: ");
      expect(said[i + 1]).toBe(`assistant: 답: ${question}`);
    }
    most = 0;
    for (const [i, socket] of sockets.entries()) socket.ask(`따로 ${i}`, { session_id: newSid() });
    await Promise.all(sockets.map((socket) => socket.upTo("[DONE]")));
    expect(most).toBeGreaterThan(1);
    for (const socket of sockets) socket.close();
  });

  test("WS raw: tokens then one [DONE], frames together are the reply, and the turn is saved before", async () => {
    const socket = await rig.talk(newUser(), "/ws/chat");
    const sid = newSid();
    rig.state.llm = localLlm({ paceMs: 4 });
    socket.ask("종이 버리는 법이랑 수거함도 알려줘", { session_id: sid });
    const frames = await socket.upTo("[DONE]");
    const reply = frames.slice(0, -1).join("");
    expect(frames.filter((one) => one === "[DONE]")).toHaveLength(1);
    expect(frames.length).toBeGreaterThan(2);
    expect(await rig.memory(sid)).toEqual([
      "user: 종이 버리는 법이랑 수거함도 알려줘",
      `assistant: ${reply}`,
    ]);
    expect(await rig.isLocked(sid)).toBe(false);
    socket.close();
  });

  test("WS raw: the connection's own session goes on from turn to turn", async () => {
    const socket = await rig.talk(newUser());
    rig.state.llm = says("답");
    socket.ask("하나");
    await socket.upTo("[DONE]");
    socket.ask("둘"); // at once: the one before is there
    await socket.upTo("[DONE]");
    expect(rig.state.prompts.at(-1)?.history).toEqual([
      { role: "user", content: "하나" },
      { role: "assistant", content: "답" },
    ]);
    socket.close();
  });

  test("WS raw: errors have their exact strings and the connection survives them", async () => {
    const socket = await rig.talk(newUser());
    const error = async (frame: unknown) => {
      socket.send(frame);
      return (await socket.upTo((one) => one.startsWith('{"error"')))[0];
    };
    for (const bad of [
      "{",
      "[]",
      "1",
      "null",
      { message: 1 },
      {},
      { message: "x", session_id: "a b" },
      { message: "x", session_id: 1 },
      { message: "가".repeat(4001) },
      '{"message":"\\ud800"}',
    ]) {
      expect(await error(bad)).toBe('{"error":"bad payload"}');
    }
    for (const message of ["", " \n\t"]) {
      expect(await error({ message })).toBe('{"error":"empty message"}');
    }
    socket.raw.send(Buffer.from([1, 2]));
    expect(await socket.upTo(() => true)).toEqual(['{"error":"bad payload"}']);
    rig.state.llm = says("살아 있어요");
    socket.ask("아직 있어?");
    expect(await socket.upTo("[DONE]")).toEqual(["살아 있어요", "[DONE]"]);
    socket.close();
  });

  test("WS raw: a literal [DONE] or an error frame inside an answer ends nothing", async () => {
    const socket = await rig.talk(newUser());
    const sid = newSid();
    rig.state.llm = says(
      "[DONE]",
      () => Bun.sleep(80),
      '{"error":"busy"}',
      () => Bun.sleep(80),
      "끝",
    );
    socket.ask("무엇이든", { session_id: sid });
    const frames = await socket.upTo("[DONE]");
    const reply = frames.slice(0, -1).join("");
    expect(reply).toEndWith('[DONE]{"error":"busy"}끝');
    expect(frames).not.toContain('{"error":"busy"}');
    expect(await rig.memory(sid)).toEqual(["user: 무엇이든", `assistant: ${reply}`]);
    socket.close();
  });

  test("WS raw: a busy turn says so, and the model's failure in the middle is an error without [DONE]", async () => {
    const socket = await rig.talk(newUser());
    const gate = Promise.withResolvers<void>();
    const sid = newSid();
    rig.state.llm = says(
      "반쯤 ",
      () => gate.promise,
      () => Promise.reject(new AppError("MODEL_BUSY")),
    );
    socket.ask("하나", { session_id: sid });
    await socket.upTo("반쯤 ");
    socket.ask("둘");
    expect(await socket.upTo(() => true)).toEqual(['{"error":"busy"}']);
    gate.resolve();
    expect(await socket.upTo(() => true)).toEqual(['{"error":"llm unavailable"}']);
    expect(await rig.memory(sid)).toEqual([]);
    expect(await rig.isLocked(sid)).toBe(false);
    expect(socket.texts).not.toContain("[DONE]");
    rig.state.llm = says("다시");
    socket.ask("셋", { session_id: sid });
    expect(await socket.upTo("[DONE]")).toEqual(["다시", "[DONE]"]);
    socket.close();
  });

  test("WS: a session somebody else holds is busy after five seconds", async () => {
    const gate = Promise.withResolvers<void>();
    rig.state.llm = says("앞 ", () => gate.promise, "뒤");
    const [user, sid] = [newUser(), newSid()];
    const [first, second] = [await rig.talk(user), await rig.talk(user)];
    first.ask("하나", { session_id: sid });
    await first.upTo("앞 ");
    const startedAt = performance.now();
    second.ask("둘", { session_id: sid });
    expect(await second.upTo(() => true)).toEqual(['{"error":"session busy"}']);
    expect(performance.now() - startedAt).toBeGreaterThan(4500);
    gate.resolve();
    await first.upTo("[DONE]");
    for (const socket of [first, second]) socket.close();
  }, 20_000);

  test("WS: a cancel ends the turn, and what was said is remembered as interrupted", async () => {
    const socket = await rig.talk(newUser());
    const sid = newSid();
    rig.state.llm = says("반쯤 ", hangs);
    socket.ask("질문", { session_id: sid });
    await socket.upTo("반쯤 ");
    socket.send({ type: "cancel" });
    expect(await socket.upTo(() => true)).toEqual(['{"error":"cancelled"}']);
    expect(await rig.memory(sid)).toEqual(["user: 질문", "assistant: 반쯤  (interrupted)"]);
    expect(await rig.isLocked(sid)).toBe(false);
    rig.state.llm = says("다음");
    socket.ask("그다음", { session_id: sid });
    expect(await socket.upTo("[DONE]")).toEqual(["다음", "[DONE]"]);
    socket.send({ type: "cancel" }); // nothing runs: nothing happens
    socket.close();
  });

  test("WS: a cancel says cancelled whenever it comes, also before the turn is a job", async () => {
    rig.state.llm = says(hangs);
    const socket = await rig.talk(newUser());
    for (let waitMs = 0; waitMs < 16; waitMs += 2) {
      const sid = newSid();
      socket.ask("질문", { session_id: sid });
      await Bun.sleep(waitMs);
      socket.send({ type: "cancel" });
      expect(await socket.upTo(() => true)).toEqual(['{"error":"cancelled"}']);
      await until(async () => !(await rig.isLocked(sid)));
    }
    socket.close();
  });

  test("WS: a turn cancelled before its first word is remembered: the question, and that it was cut", async () => {
    const [socket, sid, asked] = [await rig.talk(newUser()), newSid(), rig.state.prompts.length];
    rig.state.llm = says(hangs);
    socket.ask("질문", { session_id: sid });
    await until(() => rig.state.prompts.length > asked);
    socket.send({ type: "cancel" });
    expect(await socket.upTo(() => true)).toEqual(['{"error":"cancelled"}']);
    expect(await rig.memory(sid)).toEqual(["user: 질문", "assistant:  (interrupted)"]);
    rig.state.llm = says("다음");
    socket.ask("그다음", { session_id: sid });
    expect(await socket.upTo("[DONE]")).toEqual(["다음", "[DONE]"]);
    expect(rig.state.prompts.at(-1)?.history).toEqual([{ role: "user", content: "질문" }]);
    socket.close();
  });

  test("WS: a socket that goes in the middle leaves a whole turn and no lock", async () => {
    const socket = await rig.talk(newUser());
    const gate = Promise.withResolvers<void>();
    const sid = newSid();
    rig.state.llm = says("앞 ", () => gate.promise, "뒤");
    socket.ask("질문", { session_id: sid });
    await socket.upTo("앞 ");
    socket.raw.terminate();
    gate.resolve();
    await until(async () => (await rig.memory(sid)).length === 2);
    expect(await rig.memory(sid)).toEqual(["user: 질문", "assistant: 앞 뒤"]);
    expect(await rig.isLocked(sid)).toBe(false);
  });

  test("WS structured: session first, stages, tokens counted, done with the reply", async () => {
    const socket = await rig.talk(newUser(), "/api/v1/assistant/ws?format=json");
    rig.state.llm = says("라벨을 ", "떼세요");
    socket.ask("페트병 어떻게 버려?");
    const frames = await socket.framesTo("done");
    expect(frames[0]).toEqual({ type: "session", session_id: expect.any(String) });
    const stages = frames.filter(({ type }) => type === "stage");
    expect(stages.map(({ stage, status }) => `${String(stage)} ${String(status)}`)).toContain(
      "waste_rag completed",
    );
    const tokens = frames.filter(({ type }) => type === "token");
    expect(tokens.map(({ seq }) => seq)).toEqual(tokens.map((_, i) => i + 1));
    expect(tokens.map(({ content }) => content).join("")).toBe("라벨을 떼세요");
    expect(frames.at(-1)).toMatchObject({ reply: "라벨을 떼세요", job_id: expect.any(String) });
    socket.ask("그건?");
    const [again] = await socket.framesTo("done");
    expect(again).toEqual(frames[0] as never);
    socket.send("[]");
    expect(await socket.framesTo("error")).toEqual([
      { type: "error", code: "bad_payload", message: expect.any(String) },
    ] as never);
    socket.close();
  });

  test("braces, quotes and {names} reach the model unchanged, below them the tools' results", async () => {
    rig.state.llm = says("답");
    const message = '페트병 {name} {{x}} "인용" ${y} %s {0} 어떻게 버려?';
    const sid = newSid();
    await rig.ask(newUser(), { message, session_id: sid });
    const prompt = rig.state.prompts.at(-1);
    expect(prompt?.message?.split("\n").slice(0, 3)).toEqual([message, "", "🛠 도구 결과:"]);
    expect(prompt?.message).toContain("- [waste_rag] 배출 규칙");
    expect(await rig.memory(sid)).toEqual([`user: ${message}`, "assistant: 답"]);
  });

  test("no tool result, no marker; a tool without its service is unavailable", async () => {
    rig.state.llm = says("답");
    await rig.ask(newUser(), { message: "안녕!" });
    expect(rig.state.prompts.at(-1)?.message).toBe("안녕!");
    await rig.ask(newUser(), { message: "페트병 버리는 법이랑 오늘 서울 날씨 알려줘" });
    const text = rig.state.prompts.at(-1)?.message ?? "";
    expect(text).toContain("- [weather] (unavailable)");
    expect(text).toContain("- [waste_rag] ");
  });

  test("the old chat page's question, with a picture and without a word", async () => {
    rig.state.llm = says("답");
    const path = "/api/v1/chat/messages";
    const asked = { message: "안녕", session_id: null, temperature: 0.3 };
    const answer = await rig.ask(newUser(), asked, { path });
    expect(answer.json).toEqual({ session_id: expect.any(String), user_answer: "답" } as never);
    const image_url = "https://example.com/a.png";
    const seen = await rig.ask(newUser(), { message: "", image_url }, { path });
    expect(seen.status).toBe(200);
    expect((await rig.ask(newUser(), { message: " " }, { path })).status).toBe(400);
    const bad = await rig.ask(newUser(), { message: "", image_url: "http://10.0.0.1/" }, { path });
    expect(bad.status).toBe(422);
  });

  test("a forgotten session's running turn is not kept", async () => {
    const gate = Promise.withResolvers<void>();
    rig.state.llm = says("앞 ", () => gate.promise, "뒤");
    const [user, sid] = [newUser(), newSid()];
    const socket = await rig.talk(user);
    socket.ask("질문", { session_id: sid });
    await socket.upTo("앞 ");
    const path = `/api/v1/assistant/sessions/${sid}`;
    expect((await rig.own.send("DELETE", path, { user })).status).toBe(204);
    gate.resolve();
    await socket.upTo('{"error":"session busy"}');
    expect(socket.texts).not.toContain("[DONE]");
    expect(await rig.memory(sid)).toEqual([]);
    expect(await rig.redis.exists(keys.assistantOwner("test", sid))).toBe(0);
    socket.close();
  });

  test("a worker that stops in the middle: another one goes on, and nothing is said twice", async () => {
    let calls = 0;
    rig.state.llm = async function* (_prompt, signal) {
      calls++;
      yield "같은 ";
      yield "시작 ";
      if (calls === 1) await hangs(signal);
      yield "그리고 끝";
    };
    const [socket, sid] = [await rig.talk(newUser()), newSid()];
    socket.ask("질문", { session_id: sid });
    await until(() => socket.texts.join("") === "같은 시작 ");
    await rig.workers.at(-1)?.stop();
    await rig.startWorker();
    const frames = await socket.upTo("[DONE]");
    expect(frames.join("")).toBe("같은 시작 그리고 끝[DONE]");
    expect(calls).toBe(2);
    expect(await rig.memory(sid)).toEqual(["user: 질문", "assistant: 같은 시작 그리고 끝"]);
    socket.close();
  }, 20_000);
});
