import type { Redis } from "ioredis";
import { groups, keys } from "../../shared/keys.ts";
import { job, stream } from "../../shared/limits.ts";
import { clockFinding, type Finding, good, note, trouble } from "./finding.ts";

const lagMost = 500;
const pendingIdleMostMs = 30_000;
const outboxAgeMostMs = 15_000;
const overdueGraceMs = job.watchdogGraceMs + 5000;
const memoryMost = 0.75;

const startRelay = "is router/main.ts relay (or all) running? See its /ready and its log";
const startPersistence = "is router/main.ts persistence (or all) running, and PostgreSQL there?";

/** The store of job logs: settings, memory, clock, and what waits in it. */
export async function lookAtStreams(redis: Redis): Promise<Finding[]> {
  await redis.ping(); // connecting takes its time
  const askedMs = Date.now();
  const nowMs = await storeMs(redis);
  return [
    clockFinding("redis streams", nowMs, askedMs, Date.now()),
    ...(await lookAtMemory(redis)),
    ...(await lookAtShards(redis)),
    await lookAtOutbox(redis, nowMs),
    await lookAtDeadlines(redis, nowMs),
    ...(await lookAtDeadLetters(redis)),
  ];
}

async function storeMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

async function lookAtMemory(redis: Redis): Promise<Finding[]> {
  const info = await redis.info("memory");
  const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const [used, most] = [value("used_memory"), value("maxmemory")];
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? "unknown";
  const share = most === 0 ? 0 : used / most;
  const says = `${(used / 1e6).toFixed(1)} MB used${most === 0 ? ", no limit" : `, ${Math.round(share * 100)} % of maxmemory`}`;
  const full = "bring the lagging group back; else raise maxmemory: at 100 % messages are refused";
  return [
    share > memoryMost
      ? trouble("redis streams memory", says, full)
      : good("redis streams memory", says),
    policy === "noeviction"
      ? good("redis streams policy", policy)
      : trouble("redis streams policy", policy, "set maxmemory-policy noeviction: it loses jobs"),
  ];
}

async function lookAtShards(redis: Redis): Promise<Finding[]> {
  const shards = Array.from({ length: stream.shardCount }, (_, shard) => shard);
  return (await Promise.all(shards.map((shard) => lookAtShard(redis, shard)))).flat();
}

async function lookAtShard(redis: Redis, shard: number): Promise<Finding[]> {
  const what = `shard ${shard}`;
  const key = keys.shard(shard);
  const findings: Finding[] = [];
  if ((await redis.exists(keys.shardLease(shard))) === 0) {
    findings.push(trouble(what, "no relay owns it: readers see events up to 2 s late", startRelay));
  }
  const rows = (await redis.xinfo("GROUPS", key).catch(() => [])) as unknown[][];
  const told: string[] = [];
  for (const group of [groups.relay, groups.persistence]) {
    const advice = group === groups.relay ? startRelay : startPersistence;
    const row = rows.find((each) => valueOf(each, "name") === group);
    if (!row) {
      findings.push(trouble(what, `group ${group} is missing`, `${advice} It makes its group.`));
      continue;
    }
    const lag = Number(valueOf(row, "lag") ?? 0);
    const pending = Number(valueOf(row, "pending"));
    const idleMs = pending === 0 ? 0 : await oldestIdleMs(redis, key, group);
    told.push(`${group} lag ${lag} pending ${pending}`);
    if (lag > lagMost) findings.push(trouble(what, `${group} is ${lag} entries behind`, advice));
    if (idleMs > pendingIdleMostMs) {
      const says = `${group} has ${pending} pending, the oldest for ${Math.round(idleMs / 1000)} s`;
      findings.push(trouble(what, says, advice));
    }
  }
  return findings.length > 0 ? findings : [good(what, told.join(", "))];
}

async function oldestIdleMs(redis: Redis, key: string, group: string): Promise<number> {
  const oldest = (await redis.xpending(key, group, "-", "+", 1)) as [string, string, number][];
  return oldest[0]?.[2] ?? 0;
}

async function lookAtOutbox(redis: Redis, nowMs: number): Promise<Finding> {
  const count = await redis.xlen(keys.outbox);
  const [oldest] = await redis.xrange(keys.outbox, "-", "+", "COUNT", 1);
  const ageMs = oldest ? nowMs - Number(oldest[0].split("-")[0]) : 0;
  const says = `${count} waiting${oldest ? `, the oldest for ${Math.round(ageMs / 1000)} s` : ""}`;
  if (ageMs <= outboxAgeMostMs) return good("outbox", says);
  return trouble("outbox", says, `jobs do not reach RabbitMQ: is it up? ${startRelay}`);
}

async function lookAtDeadlines(redis: Redis, nowMs: number): Promise<Finding> {
  const [running, overdue] = await Promise.all([
    redis.zcard(keys.deadlines),
    redis.zcount(keys.deadlines, "-inf", Math.floor(nowMs - overdueGraceMs)),
  ]);
  const says = `${running} queued or running, ${overdue} overdue`;
  if (overdue === 0) return good("deadlines", says);
  return trouble("deadlines", says, `the watchdog is part of the relay: ${startRelay}`);
}

async function lookAtDeadLetters(redis: Redis): Promise<Finding[]> {
  const [letters, rows] = await Promise.all([
    redis.xlen(keys.deadLetters),
    redis.xlen(keys.persistenceDeadLetters),
  ]);
  const [newest] = await redis.xrevrange(keys.deadLetters, "+", "-", "COUNT", 1);
  const at = newest && new Date(Number(newest[0].split("-")[0])).toISOString();
  return [
    letters === 0
      ? good("dead letters", "none kept")
      : note(
          "dead letters",
          `${letters} kept, the newest of ${at}`,
          "`bun run dead-letters` shows them; replay or leave them",
        ),
    rows === 0
      ? good("rows set aside", "none")
      : note(
          "rows set aside",
          `${rows} finished jobs could not be stored`,
          `XRANGE ${keys.persistenceDeadLetters} - + has them with the reason`,
        ),
  ];
}

/** A value of one of Redis's flat maps. */
export function valueOf(flat: readonly unknown[], name: string): string | number | null {
  return (flat[flat.indexOf(name) + 1] ?? null) as string | number | null;
}
