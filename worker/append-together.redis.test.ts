import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { keys } from "../shared/keys.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../shared/testing/services.ts";
import { until } from "../shared/testing/until.ts";
import { begin, completed } from "./testing/emit-rig.ts";
import { quiet, readLog, textOf } from "./testing/jobs.ts";

describeWith("redis")("many jobs of one process", () => {
  let server: TestRedis;
  let redis: ScriptedRedis;
  beforeAll(async () => {
    server = await startRedis();
    redis = openRedis(server.url, "test-append-together", "store", quiet);
  });
  afterAll(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  /** The same client, its appends counted. */
  function counted() {
    let calls = 0;
    const through = new Proxy(redis, {
      get(target, name) {
        if (name === "eco2Append") calls++;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { through, calls: () => calls };
  }

  test("what is due while a call is in flight goes out in the next one", async () => {
    const { through, calls } = counted();
    const all = await Promise.all(Array.from({ length: 40 }, () => begin(redis, { through })));
    for (const { emit } of all) emit.token("글", "answer");
    await until(() => all.every(({ emit }) => emit.answer().tokens === 1));
    expect(calls()).toBe(2); // the first alone, the others together
  });

  test("every job has its own text and ending, whatever goes out beside it", async () => {
    const { through } = counted();
    const all = await Promise.all(Array.from({ length: 300 }, () => begin(redis, { through })));
    const said = await Promise.all(
      all.map(async ({ emit }, i) => {
        let text = "";
        for (let n = 0; n < 1 + (i % 7); n++) {
          emit.token(`${i}-${n} `, "answer");
          text += `${i}-${n} `;
          if (n % 2 === 0) await Bun.sleep(0);
        }
        expect(await emit.end(completed)).toBe("appended");
        return text;
      }),
    );
    for (const [i, { job }] of all.entries()) {
      const log = await readLog(redis, job.job_id);
      expect(textOf(log).text).toBe(said[i] ?? "");
      expect(log.at(-1)?.event).toBe("done");
    }
  });

  test("what Redis refuses of one job is that job's alone", async () => {
    const { through } = counted();
    const [broken, whole] = [await begin(redis, { through }), await begin(redis, { through })];
    await redis.del(keys.log(broken.job.job_id));
    await redis.set(keys.log(broken.job.job_id), "no stream");
    const first = await begin(redis, { through });
    first.emit.token("앞", "answer"); // on its way alone, so that the two go out together
    broken.emit.token("글", "answer");
    whole.emit.token("글", "answer");
    expect(await whole.emit.end(completed)).toBe("appended");
    expect(broken.emit.answer().tokens).toBe(0);
    await redis.del(keys.log(broken.job.job_id));
    expect(await broken.emit.end(completed)).toBe("appended"); // it went on trying
    expect(textOf(await readLog(redis, broken.job.job_id)).text).toBe("글");
  });

  test("an attempt that was replaced is told so, those beside it are not", async () => {
    const { through } = counted();
    const [old, other] = [await begin(redis, { through }), await begin(redis, { through })];
    const next = await begin(redis, { through, job: old.job, redelivered: true });
    old.emit.token("늦은 글", "answer");
    next.emit.token("새 글", "answer");
    other.emit.token("다른 글", "answer");
    await until(() => old.refused.length > 0);
    expect(old.refused).toEqual(["stale"]);
    for (const { emit } of [next, other]) expect(await emit.end(completed)).toBe("appended");
    expect(textOf(await readLog(redis, old.job.job_id)).text).toBe("새 글");
    expect([...next.refused, ...other.refused]).toEqual([]);
  });
});
