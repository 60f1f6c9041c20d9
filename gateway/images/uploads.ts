import * as v from "valibot";
import { pause } from "../../shared/clock.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { channelOf } from "../../shared/images/image-key.ts";
import { keys } from "../../shared/keys.ts";
import { images } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { query } from "../stores.ts";

// Whose pictures there are (PostgreSQL), and uploads under way (Redis-S).

/** An upload somebody was given an address for. */
const Pending = v.object({
  channel: v.string(),
  uploader_id: v.string(),
  metadata: v.nullable(v.record(v.string(), v.unknown())),
  content_type: v.string(),
  cdn_url: v.string(),
});
export type Pending = v.InferOutput<typeof Pending>;

/** Notes who an address is given to. */
export async function insertUpload(sql: Sql, key: string, userId: UserId): Promise<void> {
  await query(sql`
    insert into images.uploads (key, user_id, channel)
    values (${key}, ${userId}, ${channelOf(key)})`);
}

/**
 * Notes that the bytes came: true once for each key. False for a key that is stored already, or whose owner is gone.
 * `madeFor`: a worker made it, so nobody asked for an address before.
 */
export async function markStored(
  sql: Sql,
  key: string,
  madeFor: string | undefined,
): Promise<boolean> {
  const rows =
    madeFor === undefined
      ? await query(sql`
          update images.uploads set stored_at = now()
          where key = ${key} and stored_at is null returning key`)
      : await query(sql`
          insert into images.uploads (key, user_id, channel, stored_at)
          values (${key}, ${madeFor}, ${channelOf(key)}, now())
          on conflict do nothing returning key`);
  return rows.length > 0;
}

/** Keys of a user, some at a time. */
export async function keysOf(sql: Sql, userId: UserId): Promise<string[]> {
  const rows = await query(sql<{ key: string }[]>`
    select key from images.uploads where user_id = ${userId} limit ${images.removeCount}`);
  return rows.map(({ key }) => key);
}

export async function deleteUploads(sql: Sql, keysGone: readonly string[]): Promise<void> {
  await query(sql`delete from images.uploads where key = any(${[...keysGone]})`);
}

/** Keys whose bytes never came. */
export async function neverStored(sql: Sql): Promise<string[]> {
  const rows = await query(sql<{ key: string }[]>`
    select key from images.uploads
    where stored_at is null and created_at < now() - make_interval(days => ${images.notStoredDays})
    limit ${images.removeCount}`);
  return rows.map(({ key }) => key);
}

/** Tries a few times: without the record the upload can be used, but not called back. */
export async function writePending(
  redis: ScriptedRedis,
  key: string,
  pending: Pending,
): Promise<void> {
  const text = JSON.stringify(pending);
  for (let tried = 1; ; tried++) {
    try {
      await redis.set(keys.imagePending(key), text, "EX", images.uploadSeconds);
      return;
    } catch (cause) {
      if (tried >= images.recordTries) throw cause;
      await pause(images.recordPauseMs * 2 ** (tried - 1), new AbortController().signal);
    }
  }
}

export async function readPending(redis: ScriptedRedis, key: string): Promise<Pending | undefined> {
  const text = await redis.get(keys.imagePending(key));
  return text === null ? undefined : v.parse(Pending, JSON.parse(text));
}

/** True for the one that removed it. */
export async function dropPending(redis: ScriptedRedis, key: string): Promise<boolean> {
  return (await redis.del(keys.imagePending(key))) === 1;
}
