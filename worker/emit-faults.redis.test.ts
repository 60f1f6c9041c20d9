import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { sha256Hex } from "../shared/contract/answer-text.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { begin, completed, intercept } from "./testing/emit-rig.ts";
import { quiet, readLog, textOf } from "./testing/jobs.ts";

describeWith("redis")("emit under faults", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(server.url, "test-emit-faults", "store", quiet);
  });
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  /** Tokens, pauses, stages; and for each append: works, loses its reply, fails before it arrives, is told "full". */
  const steps = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant("token"),
          text: fc.string({ unit: "binary", maxLength: 6 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("stage"), text: fc.constant("") }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("pause"), text: fc.constant("") }) },
    ),
    { maxLength: 40 },
  );
  const faults = fc.array(fc.constantFrom("ok", "ok", "lost reply", "never sent", "full"), {
    maxLength: 30,
  });

  test("whatever is lost and retried, the log holds n = 1, 2, 3 …, each once, and the text", () =>
    fc.assert(
      fc.asyncProperty(steps, faults, fc.boolean(), async (wanted, planned, isSuperseded) => {
        const plan = [...planned];
        const wrapped = intercept(redis, async (call) => {
          const fault = plan.shift() ?? "ok";
          if (fault === "never sent") throw new Error("connection refused");
          if (fault === "full") return "full";
          const word = await call();
          if (fault === "lost reply") throw new Error("reply lost");
          return word;
        });
        const { job, attempt, emit } = await begin(redis, { through: wrapped });
        const said: string[] = [];
        for (const { kind, text } of wanted) {
          if (kind === "token") {
            emit.token(text, "answer");
            said.push(text);
          } else if (kind === "stage")
            emit.stage({ stage: "general", status: "processing", progress: 20 });
          else await Bun.sleep(0);
        }
        const second = isSuperseded ? await begin(redis, { job, redelivered: true }) : undefined;
        const closed = await emit.end(completed);
        second?.emit.token("둘째", "answer");
        const closedSecond = await second?.emit.end(completed);
        const log = await readLog(redis, job.job_id);
        const whole = said.join("").replaceAll("\0", "").toWellFormed();
        for (const one of [attempt.attempt, second?.attempt.attempt]) {
          const places = log.filter(({ id }) => id.startsWith(`${one}-`)).map(({ id }) => id);
          expect(places).toEqual(places.map((_, i) => `${one}-${i + 1}`));
        }
        const ends = log.filter(({ event }) => event === "done");
        expect(ends).toHaveLength(1);
        expect(log.at(-1)?.event).toBe("done");
        if (second) {
          expect([closed, closedSecond]).toEqual(["stale", "appended"]);
          expect(textOf(log).text).toBe("둘째");
        } else {
          expect(closed).toBe("appended");
          expect(textOf(log).text).toBe(whole);
        }
        const done = ends[0]?.data["result"] as { answer: string; sha256: string; tokens: number };
        expect(done.answer).toBe(textOf(log).text);
        expect(done.sha256).toBe(sha256Hex(done.answer));
        expect(done.tokens).toBe(textOf(log).tokens);
      }),
      { numRuns: 60 },
    ));
});
