import fc from "fast-check";
import { afterAll, expect, test } from "bun:test";
import { messageIds } from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { parseStream } from "../testing/sse-client.ts";
import { openTestApp } from "../testing/test-app.ts";
import { TestJob } from "../testing/test-job.ts";

const base = "/api/v1/chat";
interface Chat {
  id: string;
  messages: { id: string; role: string; content: string }[];
  next_cursor: string | null;
  has_more: boolean;
}

describeWith("redis", "postgres")("chats", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  const { sql } = use.deps;
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });
  const json = async <T>(answer: Promise<Response>) => (await (await answer).json()) as T;
  const create = async (user: string, title?: string) =>
    json<{ id: string; title: string | null }>(
      use.send("POST", base, { user, ...(title === undefined ? {} : { body: { title } }) }),
    );

  test("are created, renamed, listed and deleted by their owner", async () => {
    const user = crypto.randomUUID();
    const { id } = await create(user, "분리배출");
    const path = `${base}/${id}`;
    expect((await use.send("PATCH", path, { user, body: { title: " 새 이름 " } })).status).toBe(
      204,
    );
    const list = await json<{ chats: unknown[]; next_cursor: null }>(
      use.send("GET", base, { user }),
    );
    expect(list).toMatchObject({
      chats: [{ id, title: "새 이름", preview: null, message_count: 0, last_message_at: null }],
      next_cursor: null,
    });
    expect((await use.send("DELETE", path, { user })).status).toBe(204);
    expect((await use.send("DELETE", path, { user })).status).toBe(404);
    const late = use.send("POST", `${path}/messages`, { user, body: { message: "아직?" } });
    expect((await late).status).toBe(404);
    expect(await json<object>(use.send("GET", base, { user }))).toMatchObject({ chats: [] });
  });

  test("are listed once each, whatever the page size and however many were used at one moment", async () => {
    const user = crypto.randomUUID();
    await sql`insert into chat.conversations (user_id, created_at, last_message_at)
      select ${user}, timestamptz '2026-01-01' + (n / 3) * interval '1 microsecond',
        case when n % 4 = 0 then timestamptz '2026-01-02' end
      from generate_series(1, 23) n`;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
        const seen: string[] = [];
        for (let cursor: string | null = ""; cursor !== null;) {
          const path: string = `${base}?limit=${limit}&cursor=${cursor}`;
          const page = await json<{ chats: { id: string }[]; next_cursor: string | null }>(
            use.send("GET", path, { user }),
          );
          seen.push(...page.chats.map(({ id }) => id));
          cursor = page.next_cursor;
        }
        expect(seen.length).toBe(23);
        expect(new Set(seen).size).toBe(23);
      }),
      { numRuns: 12 },
    );
  });

  test("show each message once, stored or not, whatever the page size", async () => {
    const user = crypto.randomUUID();
    const { id } = await create(user);
    await sql`insert into chat.messages (id, chat_id, role, content, created_at)
      select gen_random_uuid(), ${id}, case n % 2 when 1 then 'user' else 'assistant' end, n::text,
        timestamptz '2026-01-01' + (n / 4) * interval '1 microsecond'
      from generate_series(1, 15) n`;
    for (const text of ["하나", "둘", "셋"]) {
      await use.send("POST", `${base}/${id}/messages`, { user, body: { message: text } });
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (limit) => {
        const seen: Chat["messages"] = [];
        for (let cursor: string | null = ""; cursor !== null;) {
          const path: string = `${base}/${id}?limit=${limit}&cursor=${cursor}`;
          const page = await json<Chat>(use.send("GET", path, { user }));
          expect(page.has_more).toBe(page.next_cursor !== null);
          seen.unshift(...page.messages);
          cursor = page.next_cursor;
        }
        expect(new Set(seen.map((message) => message.id)).size).toBe(18);
        expect(seen.map(({ content }) => content).slice(-3)).toEqual(["하나", "둘", "셋"]);
      }),
      { numRuns: 12 },
    );
  });

  test("show a finished job's messages before and after they are stored, with the same ids", async () => {
    const user = crypto.randomUUID();
    const { id } = await create(user);
    const path = `${base}/${id}`;
    const sent = await json<{ job_id: string }>(
      use.send("POST", `${path}/messages`, { user, body: { message: "질문" } }),
    );
    const job = new TestJob(use.deps.redis, sent.job_id, id);
    const ids = messageIds(job.jobId);
    const shown = async () =>
      (await json<Chat>(use.send("GET", path, { user }))).messages.map((one) => [
        one.id,
        one.content,
      ]);
    expect(await shown()).toEqual([[ids.user, "질문"]]);
    await job.take();
    await job.tokens("답");
    await job.end();
    const both = [
      [ids.user, "질문"],
      [ids.assistant, "답"],
    ];
    expect(await shown()).toEqual(both);
    await sql`insert into chat.messages (id, chat_id, role, content, job_id) values
      (${ids.user}, ${id}, 'user', '질문', ${job.jobId}), (${ids.assistant}, ${id}, 'assistant', '답', ${job.jobId})`;
    expect(await shown()).toEqual(both);

    // an hour later Redis has forgotten it, the rows have not
    await use.deps.redis.del(keys.job(job.jobId), keys.log(job.jobId), keys.state(job.jobId));
    const events = await use.send("GET", `${base}/${job.jobId}/events`, { user });
    const [done] = parseStream(await events.text());
    expect(JSON.parse(done?.data ?? "")).toMatchObject({
      stage: "done",
      status: "completed",
      result: { answer: "답", persistence: { assistant_message: ids.assistant } },
    });
    const again = await use.send("GET", `${base}/${job.jobId}/events`, {
      user,
      headers: { "last-event-id": done?.id ?? "" },
    });
    expect(again.status).toBe(204);
    const stranger = crypto.randomUUID();
    const foreign = await use.send("GET", `${base}/${job.jobId}/events`, { user: stranger });
    expect(foreign.status).toBe(404);
  });
});
