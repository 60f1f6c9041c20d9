import { beforeEach, describe, expect, test } from "bun:test";
import { Send } from "@langchain/langgraph/web";
import { TASKS, type CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { describeWith } from "../../shared/testing/services.ts";
import { checkpointRig, metadata, newCheckpoint, refused } from "../testing/checkpoint-rig.ts";

const all = async (tuples: AsyncGenerator<CheckpointTuple>) => {
  const found: CheckpointTuple[] = [];
  for await (const tuple of tuples) found.push(tuple);
  return found;
};

describeWith("redis", "postgres")("the checkpoint saver", () => {
  const rig = checkpointRig();
  let thread_id: string;
  beforeEach(() => {
    thread_id = crypto.randomUUID();
  });

  describe.each(["", "child", "node:1|inner:2"])("in the namespace %p", (checkpoint_ns) => {
    const config = (checkpoint_id?: string) => ({
      configurable: { thread_id, checkpoint_ns, ...(checkpoint_id ? { checkpoint_id } : {}) },
    });

    test("what was put is what is got, by id and as the newest", async () => {
      const checkpoint = newCheckpoint({ foo: "값", list: [1, null, { a: true }], none: null });
      const put = await rig.saver.put(
        { configurable: { thread_id, checkpoint_ns, canary: "x" } },
        checkpoint,
        metadata(3),
        {},
      );
      expect(put).toEqual(config(checkpoint.id));
      for (const asked of [config(), config(checkpoint.id)]) {
        expect(await rig.saver.getTuple(asked)).toEqual({
          config: config(checkpoint.id),
          checkpoint,
          metadata: metadata(3),
          pendingWrites: [],
        });
      }
      expect(await rig.saver.get(config())).toEqual(checkpoint);
    });

    test("a child knows its parent, and the newest is the last that was put", async () => {
      const parent = newCheckpoint();
      const child = newCheckpoint();
      const first = await rig.saver.put(config(), parent, metadata(), {});
      await rig.saver.put(first, child, metadata(1), {});
      const found = await rig.saver.getTuple(config());
      expect(found?.checkpoint.id).toBe(child.id);
      expect(found?.parentConfig).toEqual(config(parent.id));
      expect((await rig.saver.getTuple(config(parent.id)))?.parentConfig).toBeUndefined();
    });

    test("writes that wait come back in order, and repeating them changes nothing", async () => {
      const checkpoint = newCheckpoint();
      const put = await rig.saver.put(config(), checkpoint, metadata(), {});
      await rig.saver.putWrites(
        put,
        [
          ["foo", 1],
          ["bar", { a: 2 }],
        ],
        "task-b",
      );
      await rig.saver.putWrites(put, [["foo", "other"]], "task-b");
      await rig.saver.putWrites(put, [["__error__", { message: "one" }]], "task-a");
      await rig.saver.putWrites(put, [["__error__", { message: "two" }]], "task-a");
      expect((await rig.saver.getTuple(put))?.pendingWrites).toEqual([
        ["task-a", "__error__", { message: "two" }],
        ["task-b", "foo", 1],
        ["task-b", "bar", { a: 2 }],
      ]);
    });

    test("list gives the newest first, filtered, before an id, limited", async () => {
      const ids: string[] = [];
      for (let step = 0; step < 4; step++) {
        const checkpoint = newCheckpoint();
        ids.unshift(checkpoint.id);
        const source = step % 2 === 0 ? ("input" as const) : ("loop" as const);
        await rig.saver.put(config(ids[1]), checkpoint, { ...metadata(step), source }, {});
      }
      const listed = async (options?: Parameters<typeof rig.saver.list>[1]) =>
        (await all(rig.saver.list(config(), options))).map(({ checkpoint }) => checkpoint.id);
      expect(await listed()).toEqual(ids);
      expect(await listed({ limit: 2 })).toEqual(ids.slice(0, 2));
      expect(await listed({ limit: 0 })).toEqual([]);
      expect(await listed({ before: config(ids[1]) })).toEqual(ids.slice(2));
      expect(await listed({ filter: { source: "input" } })).toEqual([ids[1]!, ids[3]!]);
      expect(await listed({ filter: {} })).toEqual(ids);
    });
  });

  test("sends that wait in their channel survive as data", async () => {
    const send = JSON.parse(JSON.stringify(new Send("weather", { q: "비" }))) as unknown;
    const checkpoint = newCheckpoint({ [TASKS]: [send] });
    const put = await rig.saver.put({ configurable: { thread_id } }, checkpoint, metadata(), {});
    await rig.saver.putWrites(put, [[TASKS, new Send("waste_rag", { q: "캔" })]], "t");
    const tuple = await rig.saver.getTuple(put);
    expect(tuple?.checkpoint.channel_values[TASKS]).toEqual([send]);
    expect(tuple?.pendingWrites?.[0]?.[2]).toMatchObject({ node: "waste_rag", args: { q: "캔" } });
  });

  test("nothing is found where nothing was put, and a thread is needed", async () => {
    expect(await rig.saver.getTuple({ configurable: { thread_id } })).toBeUndefined();
    expect(
      await rig.saver.getTuple({ configurable: { thread_id, checkpoint_id: "1ef-none" } }),
    ).toBeUndefined();
    expect(await all(rig.saver.list({ configurable: { thread_id } }))).toEqual([]);
    for (const config of [{}, { configurable: {} }, { configurable: { thread_id: "" } }]) {
      expect(String(await refused(rig.saver.getTuple(config)))).toContain("VALIDATION_ERROR");
      expect(await refused(rig.saver.put(config, newCheckpoint(), metadata(), {}))).toBeInstanceOf(
        Error,
      );
      expect(String(await refused(all(rig.saver.list(config))))).toContain("VALIDATION_ERROR");
    }
    const config = { configurable: { thread_id, checkpoint_id: "a:b" } };
    expect(String(await refused(rig.saver.getTuple(config)))).toContain("VALIDATION_ERROR");
  });

  test("a deleted thread is gone from both stores, its neighbours stay", async () => {
    const other = crypto.randomUUID();
    for (const thread of [thread_id, other]) {
      for (const checkpoint_ns of ["", "child"]) {
        const config = { configurable: { thread_id: thread, checkpoint_ns } };
        const put = await rig.saver.put(config, newCheckpoint(), metadata(), {});
        await rig.saver.putWrites(put, [["foo", 1]], "t");
      }
    }
    await rig.sync.drain();
    await rig.saver.deleteThread(thread_id);
    expect(await all(rig.saver.list({ configurable: { thread_id } }))).toEqual([]);
    expect(await rig.redis.keys(`cp:*${thread_id}*`)).toEqual([]);
    expect(await all(rig.saver.list({ configurable: { thread_id: other } }))).toHaveLength(2);
  });

  test("versions rise, whatever kind the one before was, and never repeat", () => {
    const version = rig.saver.getNextVersion(undefined);
    const next = rig.saver.getNextVersion(version);
    expect(next.localeCompare(version)).toBe(1);
    expect(rig.saver.getNextVersion(version)).not.toBe(next);
    expect(rig.saver.getNextVersion("000000000009.ffffffff") > "000000000009.ffffffff").toBe(true);
    expect(rig.saver.getNextVersion(7 as never)).toStartWith("000000000008.");
  });

  test("only the newest few stay in Redis", async () => {
    const { CheckpointSaver } = await import("./saver.ts");
    const few = new CheckpointSaver({ redis: rig.redis, sql: rig.sql, keptInRedis: 2 });
    for (let i = 0; i < 4; i++) {
      const put = await few.put({ configurable: { thread_id } }, newCheckpoint(), metadata(i), {});
      await few.putWrites(put, [["foo", i]], "t");
    }
    const held = await rig.redis.keys(`cp:${thread_id}::*`);
    expect(held).toHaveLength(2);
    expect(await rig.redis.keys(`cp:writes:${thread_id}:*`)).toHaveLength(4);
    expect((await few.getTuple({ configurable: { thread_id } }))?.metadata?.step).toBe(3);
  });
});
