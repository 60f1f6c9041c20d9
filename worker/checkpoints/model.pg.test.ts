import { expect, test } from "bun:test";
import { type CheckpointTuple, MemorySaver } from "@langchain/langgraph-checkpoint";
import fc from "fast-check";
import { describeWith } from "../../shared/testing/services.ts";
import { checkpointRig, metadata, newCheckpoint } from "../testing/checkpoint-rig.ts";

const all = async (tuples: AsyncGenerator<CheckpointTuple>) => {
  const found: CheckpointTuple[] = [];
  for await (const tuple of tuples) found.push(tuple);
  return found;
};
/** Writes of one checkpoint have no order that anything relies on, but for equal channels of a task. */
const normal = (tuple: CheckpointTuple | undefined) =>
  tuple && {
    ...tuple,
    pendingWrites: tuple.pendingWrites?.toSorted(([a, b], [c, d]) =>
      `${a} ${b}` < `${c} ${d}` ? -1 : 1,
    ),
  };

/** Plain data; a field named `__proto__` is refused, which tests of its own show. */
const data = (maxDepth: number) =>
  fc.jsonValue({ maxDepth }).filter((value) => !JSON.stringify(value).includes("__proto__"));

const step = fc.oneof(
  fc.record({
    do: fc.constant("put" as const),
    ns: fc.constantFrom("", "child"),
    values: fc.dictionary(fc.constantFrom("a", "b", "c"), data(2)),
  }),
  fc.record({
    do: fc.constant("writes" as const),
    ns: fc.constantFrom("", "child"),
    task: fc.constantFrom("t1", "t2", "t:3"),
    channel: fc.constantFrom("a", "__error__", "__interrupt__"),
    value: data(1),
  }),
  fc.record({ do: fc.constant("drain" as const) }),
  fc.record({ do: fc.constant("flush" as const) }),
);

describeWith("redis", "postgres")("the checkpoint saver and LangGraph's own in-memory one", () => {
  const rig = checkpointRig();

  test("hold the same, whatever is done and whenever Redis is flushed after a copy", () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const reference = new MemorySaver();
        const thread_id = crypto.randomUUID();
        const last = new Map<string, string>();
        const first = new Set<string>();
        for (const one of steps) {
          if (one.do === "drain") await rig.sync.drain();
          else if (one.do === "flush") {
            // copies keep the newest only: what remains is compared, what came before starts anew
            await rig.sync.drain();
            await rig.redis.flushall();
          } else {
            const checkpoint_id = last.get(one.ns);
            const configurable = { thread_id, checkpoint_ns: one.ns, checkpoint_id };
            if (one.do === "put") {
              const checkpoint = newCheckpoint(one.values);
              for (const saver of [reference, rig.saver]) {
                await saver.put({ configurable }, checkpoint, metadata(), {});
              }
              last.set(one.ns, checkpoint.id);
              first.add(checkpoint.id);
            } else if (checkpoint_id !== undefined) {
              for (const saver of [reference, rig.saver]) {
                await saver.putWrites({ configurable }, [[one.channel, one.value]], one.task);
              }
            }
          }
          for (const ns of ["", "child"]) {
            const config = { configurable: { thread_id, checkpoint_ns: ns } };
            const meant = last.has(ns) ? normal(await reference.getTuple(config)) : undefined;
            expect(normal(await rig.saver.getTuple(config))).toEqual(meant as never);
          }
        }
        if (steps.some((one) => one.do === "flush")) return;
        for (const ns of ["", "child"]) {
          const config = { configurable: { thread_id, checkpoint_ns: ns } };
          const meant = (await all(reference.list(config))).map(normal);
          expect((await all(rig.saver.list(config))).map(normal)).toEqual(meant);
        }
      }),
      { numRuns: 60 },
    ));
});
