import { afterAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { keys } from "../../shared/keys.ts";
import { bound } from "../../shared/testing/bound.ts";
import { describeWith, startRedis } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import { hintOf, TestJob } from "../testing/test-job.ts";
import { openTestStreams, type TestStreams } from "../testing/test-streams.ts";

/** A raw client: it reads only when told. */
function rawClient(port: number) {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString("latin1")));
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  return {
    socket,
    text: () => text,
  };
}

describeWith("redis")("a reader whose client does not read", async () => {
  const redis = await startRedis();
  const opened: { close(): Promise<void> }[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await redis.stop();
  });

  /** A server that streams one job, and a client of it. */
  const start = async (speed: number) => {
    const use: TestStreams = openTestStreams(redis.url, speed);
    opened.push(use);
    const job = new TestJob(use.redis);
    await job.accept();
    await job.take();
    const server = Bun.serve({
      port: 0,
      fetch: async (request, own) => {
        own.timeout(request, 0);
        return (await use.respond(job.jobId)) ?? new Response(null, { status: 404 });
      },
    });
    const client = rawClient(server.port ?? 0);
    await until(() => client.text().includes("event: queued"), { what: "the first event" });
    /** Appends tokens of 16 kB, and says so. */
    const append = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const entries = await job.tokens("x".repeat(16_000));
        await use.redis.publish(keys.live(job.jobId), hintOf(entries));
      }
    };
    const distributed = async () => (await use.metrics.distributed.get()).values[0]?.value ?? 0;
    /** What was written once nothing more is. */
    const atRest = async () => {
      let last = 0;
      return until(async () => {
        await Bun.sleep(300);
        const before = last;
        last = await distributed();
        return last === before && last;
      });
    };
    return { use, job, server, client, append, distributed, atRest };
  };

  test("is served no more than the socket takes, and later the rest without a hole", async () => {
    const { use, job, server, client, append, distributed, atRest } = await start(1);
    client.socket.pause();
    await append(600); // 9.6 MB; the kernel takes about 4
    const stoppedAt = await atRest();
    expect(stoppedAt).toBeLessThan(500);
    await append(100);
    expect(await distributed()).toBe(stoppedAt);
    client.socket.resume();
    await until(async () => (await distributed()) === 700, { what: "everything written" });
    await use.redis.publish(keys.live(job.jobId), hintOf(await job.end()));
    await until(() => client.text().includes("event: done"), { what: "the end" });
    const ids = [...client.text().matchAll(/^id: (\S+)\n/gm)].map(([, id]) => id);
    expect(ids).toEqual((await job.log()).map(({ id }) => id));
    await until(() => use.streams.size === 0);
    client.socket.destroy();
    await server.stop(true);
  });

  test("is closed after its time, without a word to its neighbour", async () => {
    const { use, job, server, client, append } = await start(20);
    const neighbour = await use.open(job.jobId);
    client.socket.pause();
    await append(600);
    await until(() => use.streams.size === 1, {
      what: "the slow one closed",
      timeoutMs: bound(4000),
    });
    await until(() => neighbour.events.length === 601, { what: "all at the neighbour" });
    const reasons = (await use.metrics.closed.get()).values;
    expect(reasons.map(({ labels, value }) => [labels["reason"], value])).toEqual([["stalled", 1]]);
    await neighbour.disconnect();
    client.socket.destroy();
    await server.stop(true);
  });
});
