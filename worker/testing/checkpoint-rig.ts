import { afterAll, beforeAll } from "bun:test";
import type { Checkpoint, CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { uuid6 } from "@langchain/langgraph-checkpoint";
import { openPostgres, type Sql } from "../../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../../shared/clients/redis.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { startRedis, testDatabase, type TestRedis } from "../../shared/testing/services.ts";
import { type CheckpointRedis, withCheckpointScripts } from "../checkpoints/redis-store.ts";
import { CheckpointSaver } from "../checkpoints/saver.ts";
import { createSync, type Sync } from "../checkpoints/sync.ts";
import { quiet } from "./jobs.ts";

export interface CheckpointRig {
  readonly server: TestRedis;
  readonly redis: CheckpointRedis & ScriptedRedis;
  readonly sql: Sql;
  readonly saver: CheckpointSaver;
  readonly sync: Sync;
  readonly databaseUrl: string;
}

/** For `describe`: a Redis and a database of its own, and a saver on them. */
export function checkpointRig(): CheckpointRig {
  let server: TestRedis;
  let redis: CheckpointRig["redis"];
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let sql: Sql;
  let saver: CheckpointSaver;
  let sync: Sync;
  beforeAll(async () => {
    server = await startRedis();
    database = await testDatabase();
    const client = openRedis(server.url, "test-checkpoints", "request", quiet);
    withCheckpointScripts(client);
    redis = client as CheckpointRig["redis"];
    sql = openPostgres(database.url, "test-checkpoints");
    sync = createSync({ redis, sql, worker: "w1", log: quiet });
    saver = new CheckpointSaver({ redis, sql, keptInRedis: 1000 });
  });
  afterAll(async () => {
    await closeRedis(redis);
    await sql.end({ timeout: 2 });
    await database.drop();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    get redis() {
      return redis;
    },
    get sql() {
      return sql;
    },
    get saver() {
      return saver;
    },
    get sync() {
      return sync;
    },
    get databaseUrl() {
      return database.url;
    },
  };
}

/** What a promise is refused with; undefined when it is not. */
export const refused = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (cause: unknown) => cause,
  );

let made = 0;

/** A checkpoint with a value or two. Ids rise with every call. */
export function newCheckpoint(values: Record<string, unknown> = { foo: "값" }): Checkpoint {
  const versions = Object.keys(values).map((channel) => [channel, `${++made}.x`]);
  return {
    v: 4,
    id: uuid6(made),
    ts: new Date().toISOString(),
    channel_values: values,
    channel_versions: Object.fromEntries(versions) as Record<string, string>,
    versions_seen: { node: { foo: "1.x" } },
  };
}

export const metadata = (step = 0): CheckpointMetadata => ({ source: "loop", step, parents: {} });
