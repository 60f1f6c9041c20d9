import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeRedis, openRedis } from "./clients/redis.ts";
import { buildDone, queuedEvent } from "./contract/build-events.ts";
import { ChatId, newJobId, shardOf, type UserId } from "./contract/ids.ts";
import type { AssistantJob } from "./contract/job.ts";
import { readTurns } from "./contract/turn.ts";
import { endJob } from "./end-job.ts";
import { readJobRecord, recordFields, recordFromJob } from "./job-record.ts";
import { assistantLock, sessionOf, turnOf } from "./job-session.ts";
import { keys } from "./keys.ts";
import { assistant as limits, stream } from "./limits.ts";
import { type Locks, openLocks } from "./lock/lock.ts";
import { createLog } from "./log.ts";
import { accept, append, renew, type ScriptedRedis, take } from "./scripts.ts";
import { describeWith, startRedis, type TestRedis } from "./testing/services.ts";
import * as v from "valibot";

describeWith("redis")("a job with a session", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  let locks: Locks;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(
      server.url,
      "test",
      "store",
      createLog(() => {}),
    );
    await redis.ping();
    locks = openLocks({ redis, namespace: "test" });
  });
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  /** As the gateway: lock, then the job. */
  async function send(message: string, sid: string, ttlSeconds = 600): Promise<AssistantJob> {
    const held = await locks.acquire(assistantLock(sid), { ttlMs: limits.lockMs });
    if (!held) throw new Error("busy");
    const jobId = newJobId();
    const job: AssistantJob = {
      job_id: jobId,
      session_id: v.parse(ChatId, jobId),
      user_id: newJobId() as string as UserId,
      message,
      image_url: null,
      user_location: null,
      model: null,
      interactive: false,
      submitted_at: "2026-11-20T00:00:00.000Z",
      kind: "assistant",
      namespace: "test",
      lock_token: held.token,
      fence: held.fence,
      assistant_sid: sid,
      memory_ttl_seconds: ttlSeconds,
    };
    await redis.set(keys.assistantOwner("test", sid), job.user_id);
    await accept(redis, {
      jobId,
      chatId: job.session_id,
      userId: job.user_id,
      message,
      imageUrl: null,
      submittedAt: job.submitted_at,
      queuedData: queuedEvent(jobId, "1.00", "%POSITION%"),
      envelope: "{}",
      shard: shardOf(jobId, stream.shardCount),
      doubleTexting: "enqueue",
      idempotency: undefined,
      session: sessionOf(job),
    });
    return job;
  }
  const pickUp = (job: AssistantJob, redelivered = false) =>
    take(redis, {
      jobId: job.job_id,
      chatId: job.session_id,
      worker: "w",
      redelivered,
      record: recordFields(recordFromJob(job)),
    });
  async function start(job: AssistantJob): Promise<number> {
    const taken = await pickUp(job);
    if (taken.word !== "taken") throw new Error(taken.word);
    return taken.attempt;
  }
  function write(job: AssistantJob, attempt: number, n: number, text: string, ends = false) {
    const at = { attempt, n };
    const record = recordFromJob(job);
    const answer = { text, tokens: 1, lastSeq: 1001 };
    const how = { ending: "completed", errorCode: undefined, intent: null, metadata: {} } as const;
    const done = buildDone(record, at, { ...how, answer }, 1_800_000_000_000);
    return append(redis, {
      jobId: job.job_id,
      chatId: job.session_id,
      shard: shardOf(job.job_id, stream.shardCount),
      first: at,
      entries: [
        ends
          ? { event: "done", ...done }
          : {
              event: "token",
              data: `{"stream_id":"${attempt}-${n}","stage":"token","seq":1001,"content":${JSON.stringify(text)}}`,
              internal: "",
            },
      ],
      ending: ends ? "completed" : undefined,
      lastTokenSeq: 1001,
      progress: 10,
      snapshot: undefined,
      turn: ends ? turnOf(record, text, 1_800_000_000_000, false) : undefined,
    });
  }
  const memory = async (sid: string) =>
    readTurns(await redis.lrange(keys.assistantMemory("test", sid), 0, -1)).map(
      ({ role, content, isInterrupted }) =>
        `${role}: ${content}${isInterrupted ? " (interrupted)" : ""}`,
    );
  const isLocked = async (sid: string) =>
    (await redis.exists(keys.lock("test", assistantLock(sid)))) === 1;

  test("its end writes the turn and frees the lock in one step, with nothing for persistence", async () => {
    const job = await send("질문 {name}", "end");
    const attempt = await start(job);
    expect(await isLocked("end")).toBe(true);
    expect(await write(job, attempt, 1, "답 {x}", true)).toBe("appended");
    expect(await memory("end")).toEqual(["user: 질문 {name}", "assistant: 답 {x}"]);
    expect(await isLocked("end")).toBe(false);
    const [newest = "{}"] = await redis.lrange(keys.assistantMemory("test", "end"), 0, 0);
    expect(JSON.parse(newest)).toEqual({
      type: "ai",
      data: {
        content: "답 {x}",
        additional_kwargs: { ts: 1_800_000_000_000, job_id: job.job_id },
      },
    });
    for (const key of [keys.assistantMemory("test", "end"), keys.assistantOwner("test", "end")]) {
      expect(await redis.ttl(key)).toBeGreaterThan(590);
    }
    const shard = await redis.xrange(keys.shard(shardOf(job.job_id, stream.shardCount)), "-", "+");
    const done = shard.find(([, fields]) => fields[1] === job.job_id && fields[5] === "done");
    expect(done?.[1]).not.toContain("internal");
    expect(await redis.exists(keys.recent(job.session_id))).toBe(0);
    // a repeated call changes nothing
    expect(await write(job, attempt, 1, "답 {x}", true)).toBe("appended");
    expect(await memory("end")).toHaveLength(2);
  });

  test("a memory without a time to live keeps the newest 200 entries for ever", async () => {
    for (let i = 0; i < 102; i++) {
      const job = await send(`질문 ${i}`, "long", 0);
      await write(job, await start(job), 1, `답 ${i}`, true);
    }
    const kept = await memory("long");
    expect(kept).toHaveLength(200);
    expect(kept[0]).toBe("user: 질문 2");
    expect(kept.at(-1)).toBe("assistant: 답 101");
    expect(await redis.ttl(keys.assistantMemory("test", "long"))).toBe(-1);
  }, 20_000);

  test("a cancel keeps what was said, flagged; the question also without a word", async () => {
    const job = await send("질문", "cut");
    await write(job, await start(job), 1, "반쯤");
    expect((await endJob(redis, job.job_id, "cancelled", "CANCELLED")).word).toBe("ended-now");
    expect(await memory("cut")).toEqual(["user: 질문", "assistant: 반쯤 (interrupted)"]);
    expect(await isLocked("cut")).toBe(false);

    const mute = await send("질문", "mute");
    await endJob(redis, mute.job_id, "cancelled", "CANCELLED");
    expect(await memory("mute")).toEqual(["user: 질문", "assistant:  (interrupted)"]);
    expect(await isLocked("mute")).toBe(false);
  });

  test("a failure keeps nothing and frees the lock", async () => {
    const job = await send("질문", "failed");
    await write(job, await start(job), 1, "반쯤");
    await endJob(redis, job.job_id, "failed", "MODEL_FAILED");
    expect(await memory("failed")).toEqual([]);
    expect(await isLocked("failed")).toBe(false);
  });

  test("it keeps its lock with its lease, also one that ran out unless somebody had it since", async () => {
    const job = await send("질문", "kept");
    const attempt = await start(job);
    const lock = keys.lock("test", assistantLock("kept"));
    await redis.pexpire(lock, 100);
    expect(await renew(redis, job.job_id, attempt)).toBe("renewed");
    expect(await redis.pttl(lock)).toBeGreaterThan(20_000);
    await redis.del(lock);
    expect(await renew(redis, job.job_id, attempt)).toBe("renewed");
    expect(await redis.get(lock)).toBe(job.lock_token);

    await redis.del(lock);
    const other = await locks.acquire(assistantLock("kept"));
    expect(await renew(redis, job.job_id, attempt)).toBe("unlocked");
    await locks.release(assistantLock("kept"), other?.token ?? "");
    expect(await renew(redis, job.job_id, attempt)).toBe("unlocked"); // free again, but not ours
  });

  test("under somebody else's lock it cannot complete, writes nothing, and leaves that lock alone", async () => {
    const late = await send("늦은 질문", "stolen");
    const attempt = await start(late);
    await redis.del(keys.lock("test", assistantLock("stolen")));
    const next = await send("다음 질문", "stolen");
    expect(await write(late, attempt, 1, "늦은 답", true)).toBe("unlocked");
    await endJob(redis, late.job_id, "cancelled", "CANCELLED");
    expect(await memory("stolen")).toEqual([]);
    expect(await redis.get(keys.lock("test", assistantLock("stolen")))).toBe(next.lock_token);
    await write(next, await start(next), 1, "다음 답", true);
    expect(await memory("stolen")).toEqual(["user: 다음 질문", "assistant: 다음 답"]);
  });

  test("a lock nobody claimed in time is taken again under a new fence, or the job is refused", async () => {
    const job = await send("질문", "late");
    const lock = keys.lock("test", assistantLock("late"));
    await redis.del(lock);
    const between = await locks.acquire(assistantLock("late"));
    expect((await pickUp(job)).word).toBe("locked");
    await locks.release(assistantLock("late"), between?.token ?? "");
    const attempt = await start(job);
    expect(await redis.get(lock)).toBe(job.lock_token);
    const record = await readJobRecord(redis, job.job_id);
    expect(record?.session?.fence).toBeGreaterThan(between?.fence ?? Number.POSITIVE_INFINITY);
    expect(await write(job, attempt, 1, "답", true)).toBe("appended");
    expect(await memory("late")).toEqual(["user: 질문", "assistant: 답"]);
  });

  test("a record the store lost comes back with its session", async () => {
    const job = await send("질문", "lost");
    await redis.del(keys.job(job.job_id));
    const attempt = await start(job);
    expect((await readJobRecord(redis, job.job_id))?.session).toEqual(sessionOf(job));
    expect(await write(job, attempt, 1, "답", true)).toBe("appended");
    expect(await memory("lost")).toHaveLength(2);
    expect(await isLocked("lost")).toBe(false);
  });
});
