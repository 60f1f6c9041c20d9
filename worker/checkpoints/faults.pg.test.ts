import { beforeEach, describe, expect, test } from "bun:test";
import { openPostgres } from "../../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import { keys } from "../../shared/keys.ts";
import { describeWith, startRedis } from "../../shared/testing/services.ts";
import { checkpointRig, metadata, newCheckpoint, refused } from "../testing/checkpoint-rig.ts";
import { quiet } from "../testing/jobs.ts";
import { Claim } from "./claim.ts";
import { CheckpointCorrupt, CheckpointStale, CheckpointUnreachable } from "./errors.ts";
import { withCheckpointScripts } from "./redis-store.ts";
import { CheckpointSaver } from "./saver.ts";
import { createSync } from "./sync.ts";

describeWith("redis", "postgres")("the checkpoint saver under faults", () => {
  const rig = checkpointRig();
  let thread_id: string;
  let live: number;
  beforeEach(() => {
    thread_id = crypto.randomUUID();
    live = 0;
  });
  /** A claim of an attempt that counts as living while nobody took the job after it. */
  const claimOf = (attempt: number, job = "job") =>
    new Claim(thread_id, job, attempt, async () => attempt === live);
  const put = (claim?: Claim) =>
    rig.saver.put({ configurable: { thread_id, claim } }, newCheckpoint(), metadata(), {});
  const putWrites = (claim?: Claim) =>
    rig.saver.putWrites(
      { configurable: { thread_id, claim, checkpoint_id: "1ef-x" } },
      [["foo", 1]],
      "t",
    );

  describe("the fence", () => {
    test("a newer attempt's claim shuts the older one out, of everything", async () => {
      const old = claimOf((live = 1));
      await rig.saver.claim(old);
      await put(old);
      const young = claimOf((live = 2));
      await rig.saver.claim(young);
      expect(await refused(put(old))).toBeInstanceOf(CheckpointStale);
      expect(await refused(putWrites(old))).toBeInstanceOf(CheckpointStale);
      expect(await refused(rig.saver.claim(old))).toBeInstanceOf(CheckpointStale);
      await put(young);
      await putWrites(young);
    });

    test("a claim that was late in coming is refused, whatever its number", async () => {
      const frozen = claimOf((live = 900)); // took the job, froze before it claimed
      const next = claimOf((live = 5), "another job"); // the store's clock went back
      await rig.saver.claim(next);
      expect(await refused(rig.saver.claim(frozen))).toBeInstanceOf(CheckpointStale);
      await put(next);
    });

    test("a claim that loses its proof between look and move is refused", async () => {
      const young = claimOf(2);
      const old = new Claim(thread_id, "job", 1, async () => {
        live = 2;
        await rig.saver.claim(young); // the other one comes in between
        return true; // what was true a moment ago
      });
      let looks = 0;
      const once = new Claim(thread_id, "job", 1, async () => looks++ === 0 && old.isLive());
      expect(await refused(rig.saver.claim(once))).toBeInstanceOf(CheckpointStale);
      await put(young);
    });

    test("a fence that Redis lost comes back for the living attempt only", async () => {
      const old = claimOf((live = 1));
      await rig.saver.claim(old);
      await rig.redis.flushall();
      await put(old);
      await rig.redis.flushall();
      live = 2;
      expect(await refused(put(old))).toBeInstanceOf(CheckpointStale);
      await put(claimOf(2));
    });

    test("a writer without a claim does not write a thread that has one", async () => {
      await put();
      await rig.saver.claim(claimOf((live = 1)));
      expect(await refused(put())).toBeInstanceOf(CheckpointStale);
      expect(await refused(putWrites())).toBeInstanceOf(CheckpointStale);
    });

    test("claims and hidden fields reach neither store", async () => {
      const claim = claimOf((live = 1));
      await rig.saver.claim(claim);
      const config = await put(claim);
      expect(JSON.stringify(config)).not.toContain("claim");
      const stored = await rig.redis.hgetall(
        keys.checkpoint(thread_id, "", String(config.configurable?.["checkpoint_id"])),
      );
      expect(JSON.stringify([stored["checkpoint"], stored["metadata"]])).not.toContain("claim");
    });
  });

  describe("missing is not unreachable", () => {
    const config = () => ({ configurable: { thread_id } });

    test("Redis away: a typed error, though PostgreSQL would answer", async () => {
      const server = await startRedis();
      const client = openRedis(server.url, "test-away", "request", quiet);
      client.options.commandTimeout = 300;
      const saver = new CheckpointSaver({ redis: withCheckpointScripts(client), sql: rig.sql });
      expect(await saver.getTuple(config())).toBeUndefined();
      await server.crash();
      expect(await refused(saver.getTuple(config()))).toBeInstanceOf(CheckpointUnreachable);
      expect(String(await refused(saver.put(config(), newCheckpoint(), metadata(), {})))).toContain(
        "UNAVAILABLE",
      );
      expect(await refused(saver.claim(claimOf((live = 1))))).toBeInstanceOf(CheckpointUnreachable);
      await server.stop();
      await closeRedis(client);
    });

    test("PostgreSQL away: what Redis holds is read, a miss is a typed error, writes wait", async () => {
      const sql = openPostgres("postgres://nobody@127.0.0.1:9/none", "test-away", 1);
      const saver = new CheckpointSaver({ redis: rig.redis, sql });
      const sync = createSync({ redis: rig.redis, sql, worker: "w2", log: quiet });
      expect(await refused(saver.getTuple(config()))).toBeInstanceOf(CheckpointUnreachable);
      await saver.put(config(), newCheckpoint(), metadata(), {});
      expect(await saver.getTuple(config())).toBeDefined();
      expect(await refused(sync.drain())).toBeInstanceOf(Error);
      await Bun.sleep(50);
      expect(await rig.redis.llen(keys.syncQueue)).toBeGreaterThan(0);
      expect(await rig.sync.drain()).toBe(0); // PostgreSQL is back
      await sql.end({ timeout: 1 });
    });
  });

  describe("what is loaded is data", () => {
    const store = async (text: string, over: Record<string, string> = {}) => {
      const id = "1ef00000-0000-6000-8000-000000000000";
      const fields = {
        checkpoint: text,
        metadata: "{}",
        parent_checkpoint_id: "",
        n: 1,
        attempt: 1,
      };
      await rig.redis.hset(keys.checkpoint(thread_id, "", id), { ...fields, ...over });
      await rig.redis.set(keys.checkpointLatest(thread_id, ""), id);
      return rig.saver.getTuple({ configurable: { thread_id } });
    };
    const whole = (values: string) =>
      `{"v":4,"id":"1ef00000-0000-6000-8000-000000000000","ts":"t","channel_values":${values},"channel_versions":{},"versions_seen":{}}`;

    test.each([
      { name: "text that is no JSON", text: "{" },
      { name: "a pickle", text: "\u0080\u0004\u0095" },
      { name: "code", text: "process.exit(1)" },
      { name: "a list", text: "[]" },
      { name: "a checkpoint without versions", text: '{"v":4,"id":"x","channel_values":{}}' },
      { name: "a prototype", text: whole('{"a":{"__proto__":{"admin":true}}}') },
      { name: "a prototype in escapes", text: whole('{"a":{"\\u005f_proto__":{"admin":true}}}') },
      { name: "an abyss", text: whole(`${"[".repeat(50_000)}${"]".repeat(50_000)}`) },
      { name: "a checkpoint of another id", text: whole("{}").replace("1ef0", "2ef0") },
    ])("$name is refused", async ({ text }) => {
      expect(await refused(store(text))).toBeInstanceOf(CheckpointCorrupt);
      expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    });

    test("records that LangChain would build classes from stay what they are", async () => {
      const records = [
        {
          lc: 1,
          type: "constructor",
          id: ["langchain_core", "messages", "HumanMessage"],
          kwargs: {},
        },
        { lc: 2, type: "constructor", id: ["Set"], method: null, args: [[1]], kwargs: {} },
        { lc: 1, type: "secret", id: ["OPENAI_API_KEY"] },
      ];
      const tuple = await store(whole(JSON.stringify({ messages: records })));
      expect(tuple?.checkpoint.channel_values["messages"]).toEqual(records);
    });

    test("what is not data is not written either", async () => {
      const config = { configurable: { thread_id } };
      for (const value of [() => 1, new Map([[1, 2]]), Symbol("x"), Number.NaN, 1n, new Date()]) {
        const checkpoint = newCheckpoint({ value });
        expect(String(await refused(rig.saver.put(config, checkpoint, metadata(), {})))).toContain(
          "plain data",
        );
      }
    });

    test("bytes of an unknown kind in PostgreSQL are refused", async () => {
      await rig.saver.put({ configurable: { thread_id } }, newCheckpoint(), metadata(), {});
      await rig.sync.drain();
      await rig.redis.flushall();
      await rig.sql`update checkpoint_blobs set type = 'msgpack' where thread_id = ${thread_id}`;
      const read = rig.saver.getTuple({ configurable: { thread_id } });
      expect(await refused(read)).toBeInstanceOf(CheckpointCorrupt);
    });
  });
});
