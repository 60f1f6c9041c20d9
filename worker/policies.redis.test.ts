import { expect, test } from "bun:test";
import * as v from "valibot";
import { describeWith } from "../shared/testing/services.ts";
import { fail } from "../shared/apis/result.ts";
import { dataOf } from "./graph/api-failure.ts";
import { noTracing, type Tracing } from "../shared/trace.ts";
import { policies, PolicyOverrides, policiesWith } from "./graph/policies.ts";
import { runRig } from "./testing/run-rig.ts";

describeWith("redis")("what a node's failure does to its job", () => {
  const rig = runRig();
  const down = async () => dataOf<undefined>(fail("upstream", "503"));
  const hangs = () => new Promise<never>(() => {});
  const message = "마포구 소파 버리는 법";

  const go = async (failMode: "open" | "fallback" | "close", disposal = down) => {
    const bulk_waste = { ...policies.bulk_waste, failMode, timeoutMs: 150, retries: 1 };
    const spans = new Map<string, Record<string, unknown>>();
    const tracing: Tracing = {
      ...noTracing,
      start: (name, options) => {
        const seen = {};
        spans.set(name, seen);
        const span = noTracing.start(name, options);
        return { ...span, set: (attributes) => void Object.assign(seen, attributes) };
      },
    };
    const run = await rig.send(
      { message },
      { services: { disposal }, policies: { ...policies, bulk_waste }, deps: { tracing } },
    );
    await run.ended;
    const log = await rig.log(run.job);
    return {
      done: log.at(-1)?.data as { status: string; result: Record<string, unknown> },
      stages: await rig.stages(run.job),
      spans,
    };
  };

  test("open: the answer does without", async () => {
    const { done, stages } = await go("open");
    expect(done.status).toBe("completed");
    expect(stages).toContain("bulk_waste failed");
    expect(stages).toContain("aggregator fallback");
  });
  test.each([
    { name: "fails", disposal: down, retry_count: 1 },
    // a try that took all its time is not made again
    { name: "hangs", disposal: hangs, retry_count: 0 },
  ])(
    "fallback: when the district's service $name, what is true everywhere is told",
    async ({ disposal, retry_count }) => {
      const { done, stages, spans } = await go("fallback", disposal);
      expect(spans.get("node:bulk_waste")).toMatchObject({ "node.retry_count": retry_count });
      expect(stages).toContain("bulk_waste completed");
      expect(done.result["answer"]).toContain("대형폐기물");
      expect(done.result["metadata"]).toMatchObject({
        nodes: expect.arrayContaining([
          expect.objectContaining({ node: "bulk_waste", status: "fallback_success", retry_count }),
        ]),
      });
    },
  );
  test("close: the job fails, and says so", async () => {
    const { done } = await go("close");
    expect(done).toMatchObject({ status: "failed", result: { error_code: "NODE_FAILED" } });
  });
});

test("an operator's numbers go over the defaults, and what is not known is refused", () => {
  const read = (text: string) => v.safeParse(PolicyOverrides, text);
  const given = read('{"location":{"timeoutMs":8000},"vision":{"retries":0}}');
  expect(given.success).toBe(true);
  const changed = policiesWith(v.parse(PolicyOverrides, '{"location":{"timeoutMs":8000}}'));
  expect(changed.location).toEqual({ ...policies.location, timeoutMs: 8000 });
  expect(changed.weather).toEqual(policies.weather);
  for (const bad of [
    "{",
    '{"loc":{}}',
    '{"location":{"timeout":1}}',
    '{"location":{"retries":-1}}',
  ]) {
    expect(read(bad).success).toBe(false);
  }
});
