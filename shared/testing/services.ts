import { AMQPClient } from "@cloudamqp/amqp-client";
import { describe } from "bun:test";
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { findBinary } from "../../stack/binaries.ts";
import { declareTopology } from "../../stack/topology.ts";
import type { QueueNames } from "../contract/topology.ts";
import { migrate } from "../migrations/migrate.ts";

export { startRedis, type TestRedis } from "./test-redis.ts";

type Need = "redis" | "rabbitmq" | "postgres";

/** Why a need cannot be met here, or undefined. */
const reasons: Record<Need, () => string | undefined> = {
  redis: () => (findBinary("redis-server") ? undefined : "there is no redis-server here"),
  rabbitmq: () => (process.env["TEST_RABBITMQ_URL"] ? undefined : "TEST_RABBITMQ_URL is not set"),
  postgres: () => (process.env["TEST_DATABASE_URL"] ? undefined : "TEST_DATABASE_URL is not set"),
};

/**
 * `describe` for tests that use real services: `describeWith("redis", "postgres")("name", () => …)`. Where one
 * is missing the tests are skipped with the reason printed; in CI they run, and fail.
 */
export function describeWith(...needs: readonly Need[]): typeof describe | typeof describe.skip {
  const missing = needs.flatMap((need) => reasons[need]() ?? []);
  if (missing.length === 0 || process.env["CI"]) return describe;
  console.warn(`skipped: ${missing.join(", ")} (\`bun run test\` brings what the tests need)`);
  return describe.skip;
}

function given(variable: "TEST_RABBITMQ_URL" | "TEST_DATABASE_URL"): string {
  const url = process.env[variable];
  if (!url)
    throw new Error(`${variable} is not set: use \`bun run test\`, which starts the services`);
  return url;
}

/**
 * A database of its own with the current schema, copied from a template that the first caller of all
 * processes makes. `url` is superuser's.
 */
export async function testDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = given("TEST_DATABASE_URL");
  const template = `eco2_template_${schemaHash()}`;
  const name = `eco2_test_${randomUUID().replaceAll("-", "")}`;
  await onServer(server, async (sql) => {
    await sql`select pg_advisory_lock(hashtext(${template}))`; // held until this connection ends
    const found = await sql`select 1 from pg_database where datname = ${template}`;
    if (found.length === 0) await makeTemplate(sql, server, template);
    await sql.unsafe(`create database ${name} template ${template}`);
  });
  return {
    url: databaseUrl(server, name),
    drop: () =>
      onServer(server, async (sql) => {
        await sql.unsafe(`drop database if exists ${name} with (force)`);
      }),
  };
}

/** Renamed once complete: a template is whole or not there. */
async function makeTemplate(sql: postgres.Sql, server: string, template: string): Promise<void> {
  const draft = `${template}_draft`;
  await sql.unsafe(`drop database if exists ${draft} with (force)`);
  await sql.unsafe(`create database ${draft}`);
  await onServer(databaseUrl(server, draft), migrate);
  await sql.unsafe(`alter database ${draft} rename to ${template}`);
}

async function onServer(url: string, use: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await use(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}

function schemaHash(): string {
  const folder = join(import.meta.dir, "../migrations");
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 16);
}

/** Exchange, queues and bindings of its own on the shared broker, as the real ones but for the names. */
export async function testTopology(): Promise<{
  url: string;
  topology: QueueNames;
  remove: () => Promise<void>;
}> {
  const url = given("TEST_RABBITMQ_URL");
  const id = randomUUID().slice(0, 8);
  const topology: QueueNames = {
    exchange: `test.${id}.tasks`,
    queue: `test.${id}.process`,
    routingKey: `test.${id}.process`,
    deadLetterExchange: `test.${id}.dlx`,
    deadLetterQueue: `test.${id}.dlq`,
    revocationExchange: `test.${id}.revocations`,
    rewardExchange: `test.${id}.rewards`,
    saveOwnershipQueue: `test.${id}.save-ownership`,
    saveCharacterQueue: `test.${id}.save-character`,
    characterExchange: `test.${id}.characters`,
    grantDefaultQueue: `test.${id}.grant-default`,
    characterCacheExchange: `test.${id}.character-cache`,
    characterDeadLetterQueue: `test.${id}.character-dlq`,
  };
  await declareTopology(url, topology);
  return { url, topology, remove: () => removeTopology(url, topology) };
}

async function removeTopology(url: string, names: QueueNames): Promise<void> {
  const client = new AMQPClient(url, undefined, null);
  client.onerror = () => {};
  await client.connect();
  try {
    const channel = await client.channel();
    await channel.queueDelete(names.queue);
    await channel.queueDelete(names.deadLetterQueue);
    await channel.exchangeDelete(names.exchange);
    await channel.exchangeDelete(names.deadLetterExchange);
    await channel.exchangeDelete(names.revocationExchange);
    await channel.queueDelete(names.saveOwnershipQueue);
    await channel.queueDelete(names.saveCharacterQueue);
    await channel.queueDelete(names.grantDefaultQueue);
    await channel.queueDelete(names.characterDeadLetterQueue);
    await channel.exchangeDelete(names.rewardExchange);
    await channel.exchangeDelete(names.characterExchange);
    await channel.exchangeDelete(names.characterCacheExchange);
  } finally {
    await client.close();
  }
}
