import { beforeEach, describe, expect, test } from "bun:test";
import { keys } from "../../shared/keys.ts";
import { describeWith } from "../../shared/testing/services.ts";
import { checkpointRig, metadata, newCheckpoint } from "../testing/checkpoint-rig.ts";
import { readCopy, writeCopy } from "./postgres-store.ts";
import { type StoredCheckpoint, tupleOf } from "./record.ts";
import { readStored } from "./redis-store.ts";

describeWith("redis", "postgres")("checkpoints in two stores", () => {
  const rig = checkpointRig();
  let thread_id: string;
  let place: { thread: string; ns: string };
  beforeEach(async () => {
    thread_id = crypto.randomUUID();
    place = { thread: thread_id, ns: "" };
    await rig.redis.del(keys.syncQueue, keys.syncDeadLetters);
  });
  const config = () => ({ configurable: { thread_id } });
  const put = async (values?: Record<string, unknown>, parent?: string) => {
    const checkpoint = newCheckpoint(values);
    const configurable = { thread_id, ...(parent ? { checkpoint_id: parent } : {}) };
    await rig.saver.put({ configurable }, checkpoint, metadata(), {});
    return checkpoint;
  };

  test("after a flush of Redis the copy gives the same, and Redis has it again", async () => {
    const parent = await put({ messages: [{ id: "1", content: "페트병 \u0000 \u2028" }], gone: 1 });
    const child = await put({ messages: [1, 2], summary: null }, parent.id);
    await rig.saver.putWrites(
      { configurable: { thread_id, checkpoint_id: child.id } },
      [["foo", { deep: [true] }]],
      "task:1",
    );
    const before = await rig.saver.getTuple(config());
    await rig.sync.drain();
    await rig.redis.flushall();
    expect(await rig.saver.getTuple(config())).toEqual(before!);
    expect(await rig.redis.llen(keys.syncQueue)).toBe(0); // promoted, not queued again
    const { sql } = rig;
    await sql`delete from public.checkpoints where thread_id = ${thread_id}`;
    expect(await rig.saver.getTuple(config())).toEqual(before!); // from Redis now
  });

  test("what was brought back goes on counting where it was", async () => {
    for (let i = 0; i < 3; i++) await put();
    await rig.sync.drain();
    await rig.redis.flushall();
    await rig.saver.getTuple(config());
    const next = await put();
    expect((await readStored(rig.redis, place, next.id))?.n).toBe(4);
    await rig.sync.drain();
    expect((await readCopy(rig.sql, place, undefined))?.id).toBe(next.id);
  });

  test("a worker that dies between the stores leaves the checkpoint queued for another", async () => {
    const worker = `
      import { openRedis } from "./shared/clients/redis.ts";
      import { openPostgres } from "./shared/clients/postgres.ts";
      import { CheckpointSaver } from "./worker/checkpoints/saver.ts";
      import { withCheckpointScripts } from "./worker/checkpoints/redis-store.ts";
      import { createLog } from "./shared/log.ts";
      const redis = withCheckpointScripts(openRedis(process.env.R, "dies", "request", createLog(() => {})));
      const saver = new CheckpointSaver({ redis, sql: openPostgres(process.env.P, "dies") });
      await saver.put({ configurable: { thread_id: process.env.T } }, JSON.parse(process.env.C),
        { source: "loop", step: 1, parents: {} }, {});
      process.kill(process.pid, "SIGKILL");`;
    const checkpoint = newCheckpoint({ messages: ["마지막 말"] });
    const child = Bun.spawn([process.execPath, "-e", worker], {
      cwd: `${import.meta.dir}/../..`,
      env: {
        ...process.env,
        R: rig.server.url,
        P: rig.databaseUrl,
        T: thread_id,
        C: JSON.stringify(checkpoint),
      },
    });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect(await readCopy(rig.sql, place, undefined)).toBeUndefined();
    expect(await rig.redis.llen(keys.syncQueue)).toBe(1);
    expect(await rig.sync.drain()).toBe(0);
    await rig.redis.flushall();
    expect((await rig.saver.getTuple(config()))?.checkpoint).toEqual(checkpoint);
  });

  test("of a batch only the newest of a thread is copied", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await put()).id);
    await rig.sync.drain();
    const rows =
      await rig.sql`select checkpoint_id from checkpoints where thread_id = ${thread_id}`;
    expect(rows.map((row) => row["checkpoint_id"] as string)).toEqual([ids[4]!]);
  });

  test("old copies go, with the values only they used", async () => {
    for (let i = 0; i < 6; i++) {
      const checkpoint = newCheckpoint({ messages: [i], topic: "same" });
      checkpoint.channel_versions["topic"] = "1.same";
      await rig.saver.put(config(), checkpoint, metadata(i), {});
      await rig.sync.drain();
    }
    const { sql } = rig;
    const rows = await sql`select checkpoint_id from checkpoints where thread_id = ${thread_id}`;
    const blobs = await sql`select channel from checkpoint_blobs where thread_id = ${thread_id}`;
    expect([rows.length, blobs.length]).toEqual([3, 4]);
    await rig.redis.flushall();
    const found = await rig.saver.getTuple(config());
    expect(found?.checkpoint.channel_values).toEqual({ messages: [5], topic: "same" });
  });

  describe("a newer copy is never replaced by an older one", () => {
    const stored = (n: number, attempt: number): StoredCheckpoint => {
      const checkpoint = newCheckpoint({ n });
      const { id } = checkpoint;
      const text = JSON.stringify(checkpoint);
      return { id, checkpoint: text, metadata: "{}", parent: "", n, attempt, writes: [] };
    };

    test.each([
      { name: "a lower count", first: [7, 100], second: [6, 200], kept: "first" },
      {
        name: "the same count of an older attempt",
        first: [7, 200],
        second: [7, 100],
        kept: "first",
      },
      {
        name: "the same count of a newer attempt",
        first: [7, 100],
        second: [7, 200],
        kept: "second",
      },
      { name: "a higher count", first: [7, 200], second: [8, 100], kept: "second" },
    ] as const)("$name: the $kept stays", async ({ first, second, kept }) => {
      const one = stored(first[0], first[1]);
      const two = stored(second[0], second[1]);
      await writeCopy(rig.sql, place, one);
      expect(await writeCopy(rig.sql, place, two)).toBe(kept === "first" ? "older" : "copied");
      expect((await readCopy(rig.sql, place, undefined))?.id).toBe(
        (kept === "first" ? one : two).id,
      );
    });

    test("however two writers interleave, the highest count is what remains", async () => {
      const writes = Array.from({ length: 12 }, (_, n) => stored(n + 1, 1));
      const shuffled = writes.toSorted(() => Math.random() - 0.5);
      await Promise.all(shuffled.map((one) => writeCopy(rig.sql, place, one)));
      const left = await readCopy(rig.sql, place, undefined);
      expect(left && tupleOf(place, left).checkpoint.channel_values).toEqual({ n: 12 });
    });
  });

  test("a checkpoint PostgreSQL refuses is set aside after three tries, its neighbours are copied", async () => {
    const bad = await put({ "with\u0000nul": 1 }); // no jsonb key can hold it
    const other = crypto.randomUUID();
    await rig.saver.put({ configurable: { thread_id: other } }, newCheckpoint(), metadata(), {});
    expect(await rig.sync.drain()).toBe(1);
    expect(await readCopy(rig.sql, { thread: other, ns: "" }, undefined)).toBeDefined();
    await rig.sync.drain();
    expect(await rig.sync.drain()).toBe(0);
    const aside = await rig.redis.lrange(keys.syncDeadLetters, 0, -1);
    expect(
      aside.map((raw) => (JSON.parse(raw) as { checkpoint_id: string }).checkpoint_id),
    ).toEqual([bad.id]);
  });

  test("garbage in the queue is set aside, what is gone from Redis is dropped", async () => {
    await rig.redis.lpush(keys.syncQueue, "{}", "garbage");
    const { id } = await put();
    await rig.redis.del(keys.checkpoint(thread_id, "", id));
    expect(await rig.sync.drain()).toBe(0);
    expect(await rig.redis.llen(keys.syncDeadLetters)).toBe(2);
  });
});
