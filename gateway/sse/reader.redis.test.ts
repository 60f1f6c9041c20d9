import fc from "fast-check";
import { afterAll, expect, test } from "bun:test";
import { addToText, noText } from "../../shared/contract/answer-text.ts";
import { keys } from "../../shared/keys.ts";
import { bound } from "../../shared/testing/bound.ts";
import { describeWith, startRedis } from "../../shared/testing/services.ts";
import { until } from "../../shared/testing/until.ts";
import type { TestReader } from "../testing/sse-client.ts";
import { hintOf, TestJob } from "../testing/test-job.ts";
import { openTestStreams, type TestStreams } from "../testing/test-streams.ts";
import { isAbove, type LogEntry, parseHint } from "./entry.ts";

/** What may happen to a hint on its way. */
const fate = fc.constantFrom("sent", "sent", "sent", "lost", "doubled", "late");
const text = fc.string({ unit: "grapheme", maxLength: 6 });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("tokens" as const),
      texts: fc.array(text, { minLength: 1, maxLength: 4 }),
      fate,
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("stage" as const), fate }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("take" as const), fate }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("open" as const), at: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("openOdd" as const),
      cursor: fc.constantFrom("x", "9-9", "999999999999999-1", "0-0", "1-1"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("resume" as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("close" as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("lateHints" as const), seed: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("wait" as const),
      ms: fc.integer({ min: 0, max: 4 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Opened {
  readonly reader: TestReader;
  /** The cursor it came with; undefined: fresh. */
  readonly cursor: string | undefined;
  isOpen: boolean;
}

/** Runs a program on one job; returns every connection there was, and the log. */
async function run(
  use: TestStreams,
  steps: readonly Step[],
): Promise<{ opened: Opened[]; log: LogEntry[] }> {
  const job = new TestJob(use.redis);
  const opened: Opened[] = [];
  const late: string[] = [];
  let takes = 0;
  const channel = keys.live(job.jobId);
  const hint = async (entries: readonly LogEntry[], how: string) => {
    if (entries.length === 0 || how === "lost") return;
    const message = hintOf(entries);
    if (how === "late") late.push(message);
    else await use.redis.publish(channel, message);
    if (how === "doubled") await use.redis.publish(channel, message);
  };
  const open = async (cursor: string | undefined) => {
    const opening = use.open(job.jobId, cursor);
    await use.redis.publish(channel, hintOf(await job.log())); // in the middle of it
    opened.push({ reader: await opening, cursor, isOpen: true });
  };
  await job.accept();
  await job.take();
  for (const at of steps) {
    if (at.does === "tokens") await hint(await job.tokens(...at.texts), at.fate);
    else if (at.does === "stage") await hint(await job.stage("intent"), at.fate);
    else if (at.does === "take") {
      if (takes++ < 2) await hint(await job.take(), at.fate); // attempts are bounded
    } else if (at.does === "open") await open((await job.log()).at(at.at)?.id);
    else if (at.does === "openOdd") await open(at.cursor);
    else if (at.does === "wait") await Bun.sleep(at.ms);
    else if (at.does === "lateHints") {
      late.sort(() => (at.seed & 1 ? 1 : -1));
      for (const message of late.splice(0)) await use.redis.publish(channel, message);
    } else {
      const one = opened[at.which % Math.max(1, opened.length)];
      if (!one?.isOpen) continue;
      one.isOpen = false;
      await one.reader.disconnect();
      if (at.does === "resume") await open(one.reader.events.at(-1)?.id ?? one.cursor);
    }
  }
  await hint(await job.end(), "lost");
  for (const one of opened.filter(({ isOpen }) => isOpen)) {
    await until(one.reader.hasEnded, { what: "the end of a stream", timeoutMs: bound(4000) });
  }
  return { opened, log: await job.log() };
}

/** Holds for what one connection got, whatever happened around it. */
function checkConnection({ reader, cursor, isOpen }: Opened, log: readonly LogEntry[]): void {
  const got = reader.events.flatMap((one) => parseHint(`${one.id} ${one.event} ${one.data}`));
  got.reduce((a, b) => (expect(isAbove(b, a)).toBe(true), b), { attempt: -1, n: 0 } as LogEntry);
  const known = log.findIndex(({ id }) => id === cursor);
  if (known >= 0) {
    // exactly what follows the cursor, as it was written
    const follows = log.slice(known + 1, known + 1 + got.length);
    expect(got.map(({ id, data }) => [id, data])).toEqual(
      follows.map(({ id, data }) => [id, data]),
    );
  } else {
    const first = got[0];
    if (cursor !== undefined && first)
      expect(JSON.parse(first.data)).toMatchObject({ reset: true });
    const last = got.at(-1);
    if (last && last.id !== "0-0" && last.event !== "done") {
      // the text so far, and every stage so far
      const before = log.filter((entry) => !isAbove(entry, last));
      const fold = (all: readonly LogEntry[]) =>
        all.reduce((answer, { event, data }) => addToText(answer, event, data), noText).text;
      expect(fold(got)).toBe(fold(before));
      const stages = (all: readonly LogEntry[]) =>
        all
          .filter(({ event, id }) => !event.startsWith("token") && id !== "0-0")
          .map(({ id }) => id);
      expect(stages(got)).toEqual(stages(before));
    }
  }
  if (isOpen) expect(got.at(-1)?.data).toBe(log.at(-1)?.data as string);
}

describeWith("redis")("a reader", async () => {
  const redis = await startRedis();
  const use = openTestStreams(redis.url, 40);
  afterAll(async () => {
    await use.close();
    await redis.stop();
  });

  test("gets the log, whatever becomes of hints and connections", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const { opened, log } = await run(use, steps);
        for (const one of opened) checkConnection(one, log);
        expect(use.streams.size).toBe(0);
        expect(use.fanout.size).toBe(0);
      }),
      { numRuns: 100, interruptAfterTimeLimit: 20_000 },
    );
  });
});
