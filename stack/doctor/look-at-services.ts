import { AMQPClient } from "@cloudamqp/amqp-client";
import type { Redis } from "ioredis";
import type { Sql } from "../../shared/clients/postgres.ts";
import { topology } from "../../shared/contract/topology.ts";
import { checkSchema } from "../../shared/migrations/migrate.ts";
import { clockFinding, type Finding, good, trouble } from "./finding.ts";

const waitingMost = 20;

export async function lookAtPubsub(redis: Redis): Promise<Finding[]> {
  await redis.ping(); // connecting takes its time
  const askedMs = Date.now();
  const [seconds, micros] = await redis.time();
  const storeMs = Number(seconds) * 1000 + Number(micros) / 1000;
  return [clockFinding("redis pubsub", storeMs, askedMs, Date.now())];
}

/** Exchanges and queues, asked passively: a look changes nothing. */
export async function lookAtRabbitmq(url: string): Promise<Finding[]> {
  const client = new AMQPClient(url, undefined, null);
  client.onerror = () => {};
  await client.connect();
  try {
    const findings: Finding[] = [];
    const missing = "declare the topology: `bun run up` does, in a cluster components/messaging";
    for (const exchange of [topology.exchange, topology.deadLetterExchange]) {
      try {
        await (await client.channel()).exchangeDeclare(exchange, "direct", { passive: true });
      } catch {
        findings.push(trouble("rabbitmq", `exchange ${exchange} is missing`, missing));
      }
    }
    for (const name of [topology.queue, topology.deadLetterQueue]) {
      const queue = await client
        .channel()
        .then((channel) => channel.queueDeclare(name, { passive: true }))
        .catch(() => undefined);
      findings.push(
        queue ? queueFinding(queue) : trouble("rabbitmq", `queue ${name} is missing`, missing),
      );
    }
    return findings;
  } finally {
    await client.close().catch(() => {});
  }
}

function queueFinding(queue: { name: string; messageCount: number; consumerCount: number }) {
  const { name, messageCount, consumerCount } = queue;
  const says = `${messageCount} waiting, ${consumerCount} consumers`;
  const isLetters = name === topology.deadLetterQueue;
  const who = isLetters ? "the relay" : "a worker";
  if (consumerCount === 0) return trouble(name, says, `${who} must run: see its /ready and log`);
  if (isLetters && messageCount > 0) {
    return trouble(name, says, "the relay settles one at once: can it reach redis streams?");
  }
  if (messageCount <= waitingMost) return good(name, says);
  return trouble(name, says, "more workers, or look why jobs take long (`bun run inspect <job>`)");
}

export async function lookAtPostgres(sql: Sql): Promise<Finding[]> {
  await sql`select 1`; // connecting takes its time
  const askedMs = Date.now();
  const [row] = await sql<{ ms: number; is_read_only: boolean }[]>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as ms,
      pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as is_read_only`;
  const clock = clockFinding("postgres", row?.ms ?? 0, askedMs, Date.now());
  const schema = await checkSchema(sql).then(
    () => good("schema", "up to date"),
    (cause: unknown) =>
      trouble(
        "schema",
        cause instanceof Error && "detail" in cause ? String(cause.detail) : "not readable",
        "bun run migrate",
      ),
  );
  if (row?.is_read_only !== true) return [clock, schema];
  const advice = "point DATABASE_URL at the primary: rows wait in the shards meanwhile";
  return [clock, schema, trouble("postgres", "is read-only", advice)];
}

/** `/live` and `/ready` of a process. */
export async function lookAtProcess(name: string, adminUrl: string): Promise<Finding[]> {
  const status = async (path: string) =>
    (await fetch(`${adminUrl}${path}`, { signal: AbortSignal.timeout(3000) })).status;
  const [live, ready] = [await status("/live"), await status("/ready")];
  if (live === 200 && ready === 200) return [good(name, "live and ready")];
  const says = `/live ${live}, /ready ${ready}`;
  return [trouble(name, says, `its log says why: .stack/logs/${name}.log`)];
}
