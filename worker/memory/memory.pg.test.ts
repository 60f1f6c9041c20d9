import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { endJob } from "../../shared/end-job.ts";
import { keys } from "../../shared/keys.ts";
import { hangs, says } from "../../shared/testing/says.ts";
import { describeWith } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { messageIds } from "../../shared/contract/ids.ts";
import { localLlm } from "../llm/local.ts";
import type { Llm, Prompt } from "../llm/llm.ts";
import { readLog, textOf } from "../testing/jobs.ts";
import { memoryRig, type Turn } from "../testing/memory-rig.ts";

describeWith("redis", "postgres")("the memory of a chat", () => {
  const rig = memoryRig();
  const texts = (messages: readonly { content: string }[] | undefined) =>
    messages?.map(({ content }) => content);

  /** What router and persistence do with a finished job. */
  async function persist(chat: ReturnType<typeof rig.newChat>, { job, answer }: Turn) {
    const ids = messageIds(job.job_id);
    const { session_id: id, user_id } = chat;
    const { sql } = rig;
    await sql`insert into chat.conversations (id, user_id) values (${id}, ${user_id}) on conflict do nothing`;
    for (const [row, role, content] of [
      [ids.user, "user", job.message],
      [ids.assistant, "assistant", answer],
    ] as const) {
      await sql`insert into chat.messages (id, chat_id, role, content, job_id, created_at)
        values (${row}, ${id}, ${role}, ${content}, ${job.job_id}, clock_timestamp())`;
    }
    await rig.redis.zrem(keys.recent(id), job.job_id);
  }

  test("a model is given what was said before, ten messages of it", async () => {
    const prompts: Prompt[] = [];
    const llm: Llm = (prompt, signal) => {
      prompts.push(prompt);
      return says(`답 ${prompts.length}`)(prompt, signal);
    };
    const chat = rig.newChat();
    for (let i = 1; i <= 7; i++) await chat.say(`질문 ${i}`, llm);
    expect(prompts[0]?.history).toEqual([]);
    expect(texts(prompts[1]?.history)).toEqual(["질문 1", "답 1"]);
    expect(prompts[6]?.history).toHaveLength(10);
    expect(texts(prompts[6]?.history)?.at(-1)).toBe("답 6");
    expect(prompts[6]?.question).toBe("질문 7");
  });

  test("what a turn found does not reach the next one", async () => {
    const chat = rig.newChat();
    const first = await chat.say("종이 버리는 법이랑 수거함도 알려줘");
    const second = await chat.say("안녕");
    expect(first.state?.node_results.length).toBeGreaterThan(1);
    expect(second.state?.node_results.map(({ node }) => node)).not.toContain("waste_rag");
    expect(second.state).toMatchObject({
      disposal_rules: null,
      collection_point_context: null,
      additional_intents: [],
      decomposed_queries: [],
      rag_feedback: null,
    });
    expect(second.state?.intent_history).toHaveLength(2);
  });

  test("chats know nothing of each other", async () => {
    const [one, other] = [rig.newChat(), rig.newChat()];
    await one.say("페트병 어떻게 버려?");
    const turn = await other.say("그건 어디에 버려?");
    expect(turn.state?.standalone_message).toBe("그건 어디에 버려?");
  });

  test("of a cancelled turn the streamed part is remembered, and the next turn knows it", async () => {
    const chat = rig.newChat();
    await chat.say("페트병 어떻게 버려?");
    const job = await chat.accept("유리병은?");
    const running = rig.run(job, await rig.begin(job), says("유리병은 ", "헹궈서", hangs));
    await until(
      async () => textOf(await readLog(rig.redis, job.job_id)).text === "유리병은 헹궈서",
    );
    await endJob(rig.redis, job.job_id, "cancelled", "CANCELLED");
    await rig.redis.publish(keys.worker("w1"), job.job_id);
    // told by the word on its channel, or by its next write, whichever comes first
    expect(["ended", "superseded"]).toContain((await running).end);
    expect(texts((await chat.remembered())?.messages)?.slice(2)).toEqual([
      "유리병은?",
      "유리병은 헹궈서",
    ]);
    const next = await chat.say("그건 어디에 버려?");
    expect(next.state?.standalone_message).toBe("유리병 어디에 버려?");
  });

  test("a chat whose first turn was cancelled remembers that", async () => {
    const chat = rig.newChat();
    const job = await chat.accept("유리병 어떻게 버려?");
    const running = rig.run(job, await rig.begin(job), says("헹궈서", hangs));
    await until(async () => textOf(await readLog(rig.redis, job.job_id)).text === "헹궈서");
    await endJob(rig.redis, job.job_id, "cancelled", "CANCELLED");
    await rig.redis.publish(keys.worker("w1"), job.job_id);
    await running;
    const next = await chat.say("그건 어디에 버려?");
    expect(texts(next.state?.messages)?.slice(0, 2)).toEqual(["유리병 어떻게 버려?", "헹궈서"]);
    expect(next.state?.standalone_message).toBe("유리병 어디에 버려?");
  });

  test("a chat that outgrows its model goes on with a summary and its newest messages", async () => {
    const chat = rig.newChat();
    const prompts: Prompt[] = [];
    const llm: Llm = (prompt, signal) => {
      prompts.push(prompt);
      return says(`답 ${prompts.length} ${"가".repeat(9000)}`)(prompt, signal);
    };
    for (let i = 1; i <= 9; i++) await chat.say(`${i}. 유리병 어떻게 버려?`, llm);
    const memory = await chat.remembered();
    expect(memory?.summary).toMatchObject({ id: "summary", role: "system" });
    expect(memory?.summary?.content).toContain("1. 유리병 어떻게 버려?");
    expect(memory?.messages.length).toBeLessThan(14);
    expect(texts(memory?.messages)?.at(-2)).toBe("9. 유리병 어떻게 버려?");
    expect(prompts.at(-1)?.sections[0]?.title).toBe("지난 대화");
    const next = await chat.say("그건 어디에 버려?");
    expect(next.state?.standalone_message).toBe("유리병 어디에 버려?");
  });

  test("of a failed turn the question is remembered", async () => {
    const chat = rig.newChat();
    await chat.say(
      "캔 버리는 법",
      says("앞부분", () => Promise.reject(new Error("socket"))),
    );
    const next = await chat.say("그건 씻어야 해?");
    expect(next.state?.standalone_message).toBe("캔 버릴 때 씻어야 해?");
    expect(texts(next.state?.messages)?.slice(0, 2)).toEqual(["캔 버리는 법", "그건 씻어야 해?"]);
  });

  test("a turn that runs again is remembered once, and what it found first is not mixed in", async () => {
    const chat = rig.newChat();
    await chat.say("페트병 어떻게 버려?");
    const job = await chat.accept("그럼 뚜껑은?");
    const frozen = rig.run(job, await rig.begin(job), says("옛 글", hangs));
    await until(async () => textOf(await readLog(rig.redis, job.job_id)).text === "옛 글");
    const again = await rig.run(job, await rig.begin(job, true), says("새 글"));
    expect(again.end).toBe("ended");
    expect(["superseded", "ended"]).toContain((await frozen).end); // whichever step it met
    await Bun.sleep(50); // time for the old one to do harm
    const memory = await chat.remembered();
    expect(texts(memory?.messages)?.slice(2)).toEqual(["그럼 뚜껑은?", "새 글"]);
    expect(memory?.topics.map(({ job: of }) => of)).toHaveLength(2);
  });

  test("a chat without any checkpoint goes on from its stored messages", async () => {
    const chat = rig.newChat();
    for (const message of ["페트병 어떻게 버려?", "고마워", "유리병은 어떻게 버려?"]) {
      await persist(chat, await chat.say(message));
    }
    await rig.worker.memory.saver.deleteThread(chat.session_id);
    const turn = await chat.say("그건 어디에 버려?");
    expect(turn.state?.standalone_message).toBe("유리병 어디에 버려?");
    expect(turn.state?.messages).toHaveLength(8);
    expect((await chat.say("맨 처음에 물어본 거 다시")).state?.standalone_message).toContain(
      "페트병",
    );
  });

  test("a copy that lacks the last turns is filled up from the stored messages", async () => {
    const chat = rig.newChat();
    await persist(chat, await chat.say("페트병 어떻게 버려?"));
    await rig.worker.sync.drain();
    await persist(chat, await chat.say("유리병은?"));
    await rig.cp.flushall(); // the second turn was never copied
    const turn = await chat.say("그건 어디에 버려?");
    expect(turn.state?.standalone_message).toBe("유리병 어디에 버려?");
    expect(turn.state?.messages).toHaveLength(6);
  });

  test("another person's rows are never taken over", async () => {
    const chat = rig.newChat();
    await persist(chat, await chat.say("페트병 어떻게 버려?"));
    const { sql } = rig;
    await sql`update chat.conversations set user_id = ${crypto.randomUUID()} where id = ${chat.session_id}`;
    await rig.worker.memory.saver.deleteThread(chat.session_id);
    expect((await chat.say("그건 어디에 버려?")).state?.messages).toHaveLength(2);
  });

  test.each([
    { name: "garbage", field: "checkpoint", value: "{" },
    { name: "somebody else's chat", field: "checkpoint", value: "swap" },
  ])("$name in Redis is refused, and the copy is read instead", async ({ field, value }) => {
    const chat = rig.newChat();
    await chat.say("페트병 어떻게 버려?");
    await rig.worker.sync.drain();
    const id = await rig.cp.get(keys.checkpointLatest(chat.session_id, ""));
    const key = keys.checkpoint(chat.session_id, "", id ?? "");
    const text = (await rig.cp.hget(key, "checkpoint")) ?? "";
    const hostile = value === "swap" ? text.replaceAll(chat.user_id, crypto.randomUUID()) : value;
    await rig.cp.hset(key, field, hostile);
    const turn = await chat.say("그건 어디에 버려?");
    expect(turn.state?.standalone_message).toBe("페트병 어디에 버려?");
  });

  test("where both copies are bad, the messages themselves are the memory", async () => {
    const chat = rig.newChat();
    await persist(chat, await chat.say("페트병 어떻게 버려?"));
    await rig.worker.sync.drain();
    await rig.cp.flushall();
    const { sql } = rig;
    await sql`update checkpoint_blobs set type = 'pickle' where thread_id = ${chat.session_id}`;
    const turn = await chat.say("그건 어디에 버려?");
    expect(turn.state?.standalone_message).toBe("페트병 어디에 버려?");
    await rig.worker.sync.drain();
    await rig.cp.flushall();
    expect((await chat.remembered())?.messages).toHaveLength(4);
  });

  test("a memory that cannot be reached fails the job; it is never taken for an empty one", async () => {
    const chat = rig.newChat();
    await chat.say("페트병 어떻게 버려?");
    await rig.worker.sync.drain();
    await rig.cache.crash();
    const turn = await chat.say("그건 어디에 버려?");
    expect(turn.done).toMatchObject({ status: "failed", result: { error_code: "NODE_FAILED" } });
    await rig.cache.restart();
    await until(async () => (await rig.cp.ping().catch(() => "")) === "PONG");
    const next = await chat.say("그건 재활용 돼?");
    expect(next.state?.standalone_message).toContain("페트병");
  });

  test("an answer whose checkpoint cannot be written is an answer, and the next turn knows it", async () => {
    const chat = rig.newChat();
    await chat.say("캔 어떻게 버려?");
    const llm = says("유리병은 헹궈요", () => rig.cache.crash());
    const turn = await chat.say("유리병은?", llm);
    expect(turn.done).toMatchObject({ status: "completed", result: { answer: "유리병은 헹궈요" } });
    await rig.cache.restart();
    await until(async () => (await rig.cp.ping().catch(() => "")) === "PONG");
    const next = await chat.say("그건 어디에 버려?", localLlm());
    expect(next.state?.standalone_message).toBe("유리병 어디에 버려?");
    expect(texts(next.state?.messages)).toContain("유리병은 헹궈요");
  });

  describe.each(["refuses", "is silent"])("while PostgreSQL %s", (how) => {
    let away: Sql;
    let silent: Server;
    beforeEach(async () => {
      silent = createServer(() => {}).listen(0, "127.0.0.1");
      await once(silent, "listening");
      const port = how === "refuses" ? 9 : (silent.address() as AddressInfo).port;
      away = openPostgres(`postgres://nobody@127.0.0.1:${port}/none`, "test-away", 1);
      rig.startWorker(away);
    });
    afterEach(async () => {
      rig.startWorker();
      await away.end({ timeout: 1 });
      silent.close();
    });

    test("the first message of a fresh chat is answered at once, and so is what follows", async () => {
      const chat = rig.newChat();
      await rig.redis.hset(keys.chatOwner(chat.session_id), { user_id: chat.user_id, fresh: "1" });
      const saidAt = performance.now();
      const first = await chat.say("페트병 어떻게 버려?");
      expect(first.done).toMatchObject({ status: "completed" });
      // a store that is waited for takes 5 s
      expect(performance.now() - saidAt).toBeLessThan(2500);
      const second = await chat.say("그건 어디에 버려?");
      expect(second.state?.standalone_message).toContain("페트병");
    });

    test("a chat that only PostgreSQL knows fails, and nothing is written over what it holds", async () => {
      rig.startWorker();
      const chat = rig.newChat();
      await persist(chat, await chat.say("페트병 어떻게 버려?"));
      await rig.worker.sync.drain();
      await rig.cp.flushall();
      rig.startWorker(away);
      expect((await chat.say("그건?")).done).toMatchObject({ status: "failed" });
      rig.startWorker();
      expect(texts((await chat.remembered())?.messages)?.[0]).toBe("페트병 어떻게 버려?");
      const next = await chat.say("그건 어디에 버려?");
      expect(next.state?.standalone_message).toContain("페트병");
    });
  });
});
