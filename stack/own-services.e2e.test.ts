import { afterAll, expect, test } from "bun:test";
import { Redis } from "ioredis";
import postgres from "postgres";
import { describeWith } from "../shared/testing/services.ts";
import { alive, openTrial } from "./fixtures/trial.ts";
import { listProcesses, waitGone } from "./processes.ts";
import type { StackFile } from "./stack-file.ts";

// Real Redis, RabbitMQ and PostgreSQL as children of the stack. One folder for all, step by step: a boot of
// RabbitMQ takes seconds.
describeWith(
  "redis",
  "rabbitmq",
  "postgres",
)("up with services of its own", () => {
  const trial = openTrial();
  afterAll(() => trial.close());
  const mine = () => listProcesses().filter((row) => row.command.includes(trial.folder));

  test("survives every kind of end", async () => {
    // a fresh start
    expect(await trial.run("up", ["--detach"])).toMatchObject({ code: 0 });
    const first = await trial.file();
    await leaveSomething(first);

    // only the supervisor is killed: the rest is found, ended, and all starts again with its data
    const orphans = trial.records().filter((record) => record.kind !== "supervisor");
    expect(orphans).toHaveLength(8);
    process.kill(first.supervisor_pid, "SIGKILL");
    const again = await trial.run("up", ["--detach"]);
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).toContain("ended what an earlier run left behind");
    expect(alive(orphans)).toEqual([]);
    const second = await trial.file((file) => file.supervisor_pid !== first.supervisor_pid);
    expect(second.services.redis_streams.url).toBe(first.services.redis_streams.url);
    await findIt(second);

    // everything is killed
    const everything = mine();
    process.kill(second.supervisor_pid, "SIGKILL");
    for (const row of everything) process.kill(row.pid, "SIGKILL");
    expect(await waitGone(everything, 5000)).toBe(true);
    const up = trial.start("up");
    const third = await trial.file((file) => file.supervisor_pid === up.pid);
    await findIt(third);

    // a service dies: named, with its last lines, and nothing is left
    const records = trial.records();
    process.kill(third.services.redis_pubsub.pid ?? 0, "SIGKILL");
    const { code, output } = await up.finished;
    expect(code).toBe(1);
    expect(output).toContain("redis_pubsub was ended by SIGKILL");
    expect(output).toContain("Ready to accept connections");
    expect(alive(records)).toEqual([]);
    expect(mine()).toEqual([]);

    // down --wipe takes the data too
    expect(await trial.run("down", ["--wipe"])).toMatchObject({ code: 0 });
    expect(await Bun.file(trial.home.path("ports.json")).exists()).toBe(false);
  }, 120_000);
});

async function leaveSomething({ services }: StackFile): Promise<void> {
  const redis = new Redis(services.redis_streams.url);
  await redis.xadd("left", "*", "a", "1");
  redis.disconnect();
  const sql = postgres(services.postgres.url, { max: 1, onnotice: () => {} });
  await sql`create table left_here (a int)`;
  await sql`insert into left_here values (1)`;
  await sql.end();
}

async function findIt({ services }: StackFile): Promise<void> {
  const redis = new Redis(services.redis_streams.url);
  expect(await redis.xlen("left")).toBe(1);
  redis.disconnect();
  const sql = postgres(services.postgres.url, { max: 1, onnotice: () => {} });
  expect(await sql`select a from left_here`).toMatchObject([{ a: 1 }]);
  await sql.end();
}
