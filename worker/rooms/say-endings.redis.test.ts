import { afterAll, afterEach, expect, test } from "bun:test";
import * as v from "valibot";
import { noText } from "../../shared/contract/answer-text.ts";
import { buildDone } from "../../shared/contract/build-events.ts";
import { ChatId, newJobId } from "../../shared/contract/ids.ts";
import type { RoomJob } from "../../shared/contract/job.ts";
import { roomUserId, Sid } from "../../shared/contract/rooms.ts";
import { openRedis } from "../../shared/clients/redis.ts";
import { recordFromJob } from "../../shared/job-record.ts";
import { keys } from "../../shared/keys.ts";
import { appendOfJob } from "../../shared/rooms/append-entry.ts";
import { parseLive } from "../../shared/rooms/live.ts";
import { describeWith, startRedis } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { newJob, quiet } from "../testing/jobs.ts";
import { sayEndings } from "./say-endings.ts";

describeWith("redis")("the ending of a room's job", async () => {
  const server = await startRedis();
  const redis = openRedis(server.url, "test", "store", quiet);
  const heard: [channel: string, message: string][] = [];
  const ear = openRedis(server.url, "test-ear", "subscriber", quiet);
  ear.on("message", (channel, message) => heard.push([channel, message]));
  const openPubsub = () => openRedis(server.url, "test-pub", "request", quiet);
  const endings = sayEndings({ redis, openPubsub, log: quiet, bridgeMs: 100 });
  /** Where nothing is to be waited for: these would wait longer than a test may take. */
  const patient = sayEndings({ redis, openPubsub, log: quiet, bridgeMs: 600_000 });
  afterEach(() => heard.splice(0));
  afterAll(async () => {
    for (const one of [endings, patient]) one.close();
    for (const one of [redis, ear]) one.disconnect();
    await server.stop();
  });

  /** A job of a room that has ended and of which nobody has told. */
  const ended = async (name: string, errorCode?: "MODEL_FAILED", fence = 5) => {
    const sid = v.parse(Sid, name);
    const jobId = newJobId();
    const { kind: _, ...common } = newJob({ job_id: jobId, session_id: v.parse(ChatId, jobId) });
    const job: RoomJob = {
      ...common,
      user_id: roomUserId(sid),
      kind: "room",
      namespace: "test",
      lock_token: "t",
      fence,
      room_sid: sid,
      requested_by: "A",
      history: [],
    };
    const answer = { ...noText, text: "라벨을 떼요" };
    const ending = errorCode ? "failed" : "completed";
    const outcome = { ending, errorCode, answer, intent: "waste", metadata: {} } as const;
    const { data } = buildDone(recordFromJob(job), { attempt: 1, n: 1 }, outcome, Date.now());
    await redis.set(keys.state(jobId), data);
    await ear.subscribe(keys.roomBell(sid), keys.roomLive(sid));
    return { sid, jobId, job };
  };
  const entries = async (sid: Sid) =>
    (await redis.xrange(keys.room(sid), "-", "+")).map(([, fields]) => fields);

  test("is said from here when the gateway that asked is gone, once, however many say it", async () => {
    const { sid, jobId, job } = await ended("alone");
    await Promise.all([endings.ended(job), endings.ended(job), endings.ended(job)]);
    await endings.ended(job);
    const said = { job_id: jobId, text: "라벨을 떼요", intent: "waste" };
    expect(await entries(sid)).toEqual([
      [
        "participant",
        "llm",
        "body",
        JSON.stringify({ hd: { event: "llm.response", role: "llm" }, bd: said }),
      ],
    ]);
    await until(() => heard.length > 0);
    expect(heard.map(([channel]) => channel)).toEqual([keys.roomBell(sid)]);
  });

  test("is left to the gateway that asked", async () => {
    const { sid, jobId, job } = await ended("bridged");
    const body = { hd: { event: "llm.response", role: "llm" }, bd: { text: "from there" } };
    await appendOfJob(redis, sid, "llm", body, { jobId, fence: job.fence });
    await patient.ended(job);
    expect(await entries(sid)).toHaveLength(1);
  });

  test("that is a failure is told to everybody, once, and is no entry", async () => {
    const { sid, jobId, job } = await ended("failed", "MODEL_FAILED");
    await Promise.all([endings.ended(job), endings.ended(job)]);
    await until(() => heard.length > 0);
    expect(heard).toHaveLength(1);
    const { to, frame } = parseLive(heard[0]?.[1] ?? "");
    expect(to).toBe("all");
    expect(JSON.parse(frame)).toMatchObject({
      hd: { event: "llm.error", role: "llm" },
      bd: { job_id: jobId, code: "llm_unavailable", retriable: true },
    });
    expect(await entries(sid)).toEqual([]);
  });

  test("of a worker that was frozen comes too late when a later run has spoken", async () => {
    const { sid, job } = await ended("fenced");
    const later = { jobId: newJobId(), fence: job.fence + 1 };
    const body = { hd: { event: "llm.response", role: "llm" }, bd: { text: "later" } };
    await appendOfJob(redis, sid, "llm", body, later);
    await endings.ended(job);
    await until(() => heard.length > 0);
    expect(JSON.parse(parseLive(heard[0]?.[1] ?? "").frame)).toMatchObject({
      bd: { code: "llm_busy" },
    });
    expect(await entries(sid)).toHaveLength(1);
  });

  test("of any other job is nobody's business here", async () => {
    await patient.ended(newJob());
    expect(heard).toEqual([]);
  });
});
