import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { closeRedis, openRedis } from "./clients/redis.ts";
import { queuedEvent } from "./contract/build-events.ts";
import type { ChatId, UserId } from "./contract/ids.ts";
import { newChatId, newJobId, shardOf } from "./contract/ids.ts";
import { groups, keys } from "./keys.ts";
import { job as jobLimits, stream } from "./limits.ts";
import { createLog } from "./log.ts";
import {
  accept,
  append,
  type AppendInput,
  markRelayed,
  release,
  renew,
  type ScriptedRedis,
  seize,
  take,
} from "./scripts.ts";
import { type Actor, inputFor, ModelJob, type Step, step } from "./testing/job-model.ts";
import { describeWith, startRedis, type TestRedis } from "./testing/services.ts";

const cancelled = { ending: "cancelled", errorCode: "CANCELLED" } as const;

describeWith("redis")("the scripts", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(
      server.url,
      "test",
      "store",
      createLog(() => {}),
    );
  });
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  const acceptJob = (job: ModelJob, chatId: ChatId, userId: UserId) =>
    accept(redis, {
      jobId: job.jobId,
      chatId,
      userId,
      message: "hi",
      imageUrl: null,
      submittedAt: "2026-11-20T00:00:00.000Z",
      queuedData: queuedEvent(job.jobId, "1.00", "%POSITION%"),
      envelope: "{}",
      shard: shardOf(job.jobId, stream.shardCount),
      doubleTexting: "enqueue",
      idempotency: undefined,
    });

  /** One step on both sides; the words must be the same. */
  async function run(
    s: Step,
    jobs: readonly ModelJob[],
    chatId: ChatId,
    userId: UserId,
    turns: ModelJob[],
  ) {
    const job = jobs[s.job] as ModelJob;
    const actor = job.actors[job.actors.length - 1 - (s.actor % 3)] ?? job.actors.at(-1);
    const added = (one: Actor, input: AppendInput) => {
      input.entries.forEach((_, i) => job.log.push(`${one.attempt}-${input.first.n + i}`));
      one.next = input.first.n + input.entries.length;
      job.hasLease = true;
      if (input.ending === undefined) return;
      job.status = input.ending === "completed" ? "completed" : "failed";
      turns.splice(turns.indexOf(job), 1);
    };

    if (s.op === "accept") {
      const reply = await acceptJob(job, chatId, userId);
      expect(reply.word).toBe("accepted");
      if (job.status !== "unknown") return;
      expect(reply).toMatchObject({ position: turns.length });
      job.status = "queued";
      job.log.push("0-1");
      turns.push(job);
      return;
    }
    if (job.status === "unknown") {
      if (s.op === "seize") expect((await seize(redis, job.jobId, cancelled)).word).toBe("unknown");
      return;
    }
    switch (s.op) {
      case "take": {
        const reply = await take(redis, {
          jobId: job.jobId,
          chatId,
          worker: "w",
          redelivered: s.flag,
          record: {},
        });
        if (job.isEnded) expect(reply.word).toBe("ended");
        else if (job.isSeized) expect(reply.word).toBe("busy");
        else if (job.status !== "queued" && job.hasLease && !s.flag)
          expect(reply.word).toBe("busy");
        else if (job.tries >= jobLimits.maxAttempts) expect(reply.word).toBe("exhausted");
        else if (turns[0] !== job) expect(reply).toEqual({ word: "waiting", position: 1 });
        else if (reply.word === "taken") {
          job.start(reply.attempt);
          expect(reply.tries).toBe(++job.tries);
        } else throw new Error(`take said ${reply.word}`);
        return;
      }
      case "expire":
        await redis.hset(keys.job(job.jobId), "lease_until", "0");
        job.hasLease = false;
        return;
      case "seize": {
        const reply = await seize(redis, job.jobId, cancelled);
        if (job.isEnded) expect(reply.word).toBe("ended");
        else if (job.isSeized) expect(reply.word).toBe("seizing");
        else if (reply.word === "seized") {
          job.start(reply.attempt);
          job.isSeized = true;
        } else throw new Error(`seize said ${reply.word}`);
        return;
      }
      case "mark": {
        // any place of the log, as relays that died and came back would, in any order
        const at = s.actor % job.log.length;
        const id = job.log[at] ?? "";
        const state = { id, data: `{"stream_id":"${id}","stage":"intent"}` };
        await markRelayed(redis, 0, groups.relay, [], [{ jobId: job.jobId, lastId: id, state }]);
        job.marked = Math.max(job.marked, at);
        return;
      }
      case "race": {
        // two endings at once: one wins, whoever it is
        if (!actor || !job.owns(actor) || job.isEnded || job.isSeized) return;
        const input = inputFor(job, chatId, actor.next, actor.attempt, s.size, true);
        const [word, seized] = await Promise.all([
          append(redis, input),
          seize(redis, job.jobId, cancelled),
        ]);
        expect(word === "appended" ? seized.word : word).toBe(
          word === "appended" ? "ended" : "stale",
        );
        if (word === "appended") added(actor, input);
        else if (seized.word === "seized") {
          job.start(seized.attempt);
          job.isSeized = true;
        }
        return;
      }
      case "append":
      case "retry":
      case "gap":
      case "renew":
      case "release":
        break;
    }
    if (!actor) return;
    switch (s.op) {
      case "append": {
        const input = inputFor(job, chatId, actor.next, actor.attempt, s.size, s.ends);
        const word = await append(redis, input);
        expect(word).toBe(job.refusal(actor) ?? "appended");
        if (word !== "appended") return;
        actor.last = input;
        return added(actor, input);
      }
      case "retry":
        if (!actor.last) return;
        expect(await append(redis, actor.last)).toBe(
          job.owns(actor) ? "appended" : (job.refusal(actor) ?? "stale"),
        );
        return;
      case "gap": {
        const input = inputFor(job, chatId, actor.next + 1, actor.attempt, s.size, s.ends);
        expect(await append(redis, input)).toBe(job.refusal(actor) ?? "stale");
        return;
      }
      case "renew":
        expect(await renew(redis, job.jobId, actor.attempt)).toBe(job.refusal(actor) ?? "renewed");
        job.hasLease ||= !job.refusal(actor);
        return;
      case "release": {
        const refusal = job.refusal(actor);
        expect(await release(redis, job.jobId, actor.attempt, s.flag)).toBe(refusal ?? "released");
        if (refusal) return;
        job.hasLease = false;
        if (s.flag) job.tries = Math.max(0, job.tries - 1);
        return;
      }
      default:
    }
  }

  test("whatever is retried, raced or lost, the log is what the reference says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 60, size: "max" }),
        async (steps) => {
          const chatId = newChatId();
          const userId = newJobId() as string as UserId;
          const jobs = [new ModelJob(), new ModelJob()];
          const turns: ModelJob[] = [];
          for (const job of jobs)
            await run(
              { ...(steps[0] as Step), op: "accept", job: jobs.indexOf(job) },
              jobs,
              chatId,
              userId,
              turns,
            );
          for (const one of steps) await run(one, jobs, chatId, userId, turns);

          expect(await redis.lrange(keys.turns(chatId), 0, -1)).toEqual(
            turns.map((job) => job.jobId),
          );
          for (const job of jobs) {
            const log = await redis.xrange(keys.log(job.jobId), "-", "+");
            expect(log.map(([id]) => id)).toEqual(job.log);
            const shard = await redis.xrange(
              keys.shard(shardOf(job.jobId, stream.shardCount)),
              "-",
              "+",
            );
            const relayed = shard.filter(([, fields]) => fields[1] === job.jobId);
            expect(relayed.map(([, fields]) => fields.slice(2))).toEqual(
              log.map(([id, fields]) => ["id", id, ...fields]),
            );
            const done = log.filter(([, fields]) => fields[1] === "done");
            expect(done.length).toBe(job.isEnded ? 1 : 0);
            if (job.isEnded) expect(log.at(-1)).toEqual(done[0]);
            expect((await redis.zscore(keys.deadlines, job.jobId)) === null).toBe(job.isEnded);
            expect(await redis.hget(keys.job(job.jobId), "status")).toBe(job.status);
            expect(await redis.get(keys.published(job.jobId))).toBe(job.log[job.marked] ?? null);
            const state = (await redis.get(keys.state(job.jobId))) ?? "";
            if (job.isEnded) expect(state).toBe(done[0]?.[1][3] ?? "");
            else if (job.marked > 0) expect(state).toContain(job.log[job.marked] ?? "");
          }
          await redis.flushall();
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
