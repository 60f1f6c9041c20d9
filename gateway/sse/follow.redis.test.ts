import { afterAll, afterEach, expect, test } from "bun:test";
import { keys } from "../../shared/keys.ts";
import { describeWith, startRedis } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { hintOf, TestJob } from "../testing/test-job.ts";
import { openTestStreams } from "../testing/test-streams.ts";
import type { Framed, LogEntry } from "./entry.ts";

describeWith("redis")("following a job inside the process", async () => {
  const redis = await startRedis();
  const own = openTestStreams(redis.url);
  afterEach(() => expect(own.fanout.size).toBe(0));
  afterAll(async () => {
    await own.close();
    await redis.stop();
  });

  const start = (job: TestJob, stop = new AbortController()) => {
    const seen: Framed[] = [];
    const over = (async () => {
      for await (const entry of own.streams.follow(job.jobId, stop.signal)) seen.push(entry);
    })();
    return { seen, over, stop };
  };

  test("begins before the job is there, and gives every entry once", async () => {
    const job = new TestJob(own.redis);
    const { seen, over } = start(job);
    await until(() => own.fanout.size === 1);
    await job.accept();
    const hint = async (entries: LogEntry[]) => {
      await own.redis.publish(keys.live(job.jobId), hintOf(entries));
    };
    await job.take();
    await hint(await job.stage("intent"));
    await job.tokens("가", "나"); // its hint is lost
    await hint(await job.tokens("다"));
    await hint(await job.end());
    await over;
    expect(seen.map(({ id }) => id)).toEqual((await job.log()).map(({ id }) => id));
    expect(seen.at(-1)?.event).toBe("done");
  });

  test("a job that has ended gives all it has, and one whose log is gone its ending", async () => {
    const job = new TestJob(own.redis);
    await job.accept();
    await job.take();
    await job.tokens("가");
    const [done] = await job.end();
    const first = start(job);
    await first.over;
    expect(first.seen.map(({ event }) => event)).toEqual(["queued", "token", "done"]);
    await own.redis.set(keys.state(job.jobId), done?.data ?? "");
    await own.redis.del(keys.log(job.jobId));
    const later = start(job);
    await later.over;
    expect(later.seen.map(({ event }) => event)).toEqual(["done"]);
  });

  test("ends when it is told to", async () => {
    const job = new TestJob(own.redis);
    await job.accept();
    const { seen, over, stop } = start(job);
    await until(() => seen.length === 1);
    stop.abort();
    await over;
  });
});
