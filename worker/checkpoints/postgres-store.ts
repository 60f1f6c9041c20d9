import * as v from "valibot";
import type { Sql } from "../../shared/clients/postgres.ts";
import { checkpoint as limits } from "../../shared/limits.ts";
import { CheckpointCorrupt } from "./errors.ts";
import { dump, load } from "./plain-json.ts";
import { type Place, readCheckpoint, type StoredCheckpoint } from "./record.ts";

const Row = v.object({
  checkpoint_id: v.string(),
  parent_checkpoint_id: v.nullable(v.string()),
  checkpoint: v.record(v.string(), v.unknown()),
  metadata: v.record(v.string(), v.unknown()),
  n: v.nullable(v.string()),
  attempt: v.nullable(v.string()),
  head: v.nullable(v.string()),
});
const jsonType = "json";
/** LangGraph's word for a channel that has a version and no value. */
const emptyType = "empty";

export interface Copied extends StoredCheckpoint {
  /** PostgreSQL has no newer one of this thread and namespace. */
  readonly isNewest: boolean;
}

/** Undefined when there is none; `id` undefined asks for the newest. Throws `CheckpointCorrupt`. */
export async function readCopy(
  sql: Sql,
  { thread, ns }: Place,
  id: string | undefined,
): Promise<Copied | undefined> {
  // without a head the rows are another tool's: then its order, by id, counts
  const rows = await sql`
    select c.checkpoint_id, c.parent_checkpoint_id, c.checkpoint, c.metadata,
      h.n::text, h.attempt::text, h.checkpoint_id as head
    from public.checkpoints c
    left join public.checkpoint_heads h using (thread_id, checkpoint_ns)
    where c.thread_id = ${thread} and c.checkpoint_ns = ${ns}
      and (${id ?? null}::text is null or c.checkpoint_id = ${id ?? null})
    order by (c.checkpoint_id = h.checkpoint_id) desc nulls last, c.checkpoint_id desc limit 1`;
  if (rows.length === 0) return undefined;
  const parsed = v.safeParse(Row, rows[0]);
  if (!parsed.success) throw new CheckpointCorrupt("not the shape of a row");
  const row = parsed.output;
  const isNewest = row.head === row.checkpoint_id || (row.head === null && id === undefined);
  const found = row.checkpoint_id;
  const [blobs, writes] = await Promise.all([
    sql<{ channel: string; type: string; blob: Uint8Array | null }[]>`
      select b.channel, b.type, b.blob
      from public.checkpoints c
      cross join lateral jsonb_each_text(c.checkpoint -> 'channel_versions') as used (channel, version)
      join public.checkpoint_blobs b on b.thread_id = c.thread_id
        and b.checkpoint_ns = c.checkpoint_ns and b.channel = used.channel and b.version = used.version
      where c.thread_id = ${thread} and c.checkpoint_ns = ${ns} and c.checkpoint_id = ${found}`,
    sql<{ task_id: string; idx: number; channel: string; type: string; blob: Uint8Array }[]>`
      select task_id, idx, channel, type, blob from public.checkpoint_writes
      where thread_id = ${thread} and checkpoint_ns = ${ns} and checkpoint_id = ${found}
      order by task_id, idx`,
  ]);
  const values: Record<string, unknown> = {};
  for (const { channel, type, blob } of blobs) {
    if (type !== emptyType) values[channel] = load(textOf(type, blob));
  }
  const inline = row.checkpoint["channel_values"];
  const checkpoint = { ...row.checkpoint, channel_values: { ...Object(inline ?? {}), ...values } };
  return {
    id: found,
    checkpoint: dump(checkpoint),
    metadata: dump(row.metadata),
    parent: row.parent_checkpoint_id ?? "",
    n: Number(row.n ?? 1) - (isNewest ? 0 : 1),
    attempt: Number(row.attempt ?? 0),
    writes: writes.map(({ task_id: task, idx, channel, type, blob }) => ({
      task,
      idx,
      channel,
      value: textOf(type, blob),
    })),
    isNewest,
  };
}

function textOf(type: string, blob: Uint8Array | null): string {
  if (type !== jsonType || blob === null) throw new CheckpointCorrupt(`type ${type.slice(0, 20)}`);
  return Buffer.from(blob).toString("utf8");
}

/** Ids PostgreSQL has, the newest id first. */
export async function copiedIds(sql: Sql, { thread, ns }: Place): Promise<string[]> {
  const rows = await sql<{ checkpoint_id: string }[]>`
    select checkpoint_id from public.checkpoints
    where thread_id = ${thread} and checkpoint_ns = ${ns} order by checkpoint_id desc`;
  return rows.map((row) => row.checkpoint_id);
}

/** The count of the newest copy in the root namespace; 0 when there is none. */
export async function copiedCount(sql: Sql, thread: string): Promise<number> {
  const [head] = await sql<{ n: string }[]>`
    select n::text from public.checkpoint_heads where thread_id = ${thread} and checkpoint_ns = ''`;
  return Number(head?.n ?? 0);
}

/** Namespaces of a thread that PostgreSQL knows. */
export async function copiedSpaces(sql: Sql, thread: string): Promise<string[]> {
  const rows = await sql<{ checkpoint_ns: string }[]>`
    select distinct checkpoint_ns from public.checkpoints where thread_id = ${thread}`;
  return rows.map((row) => row.checkpoint_ns);
}

/**
 * Copies a checkpoint whole: its row, the values of all its channels, the writes that wait on it. A copy that
 * is not newer than the head changes nothing: "older". Repeating it changes nothing. Checkpoints beyond the
 * kept ones go, with the values only they used.
 */
export function writeCopy(
  sql: Sql,
  { thread, ns }: Place,
  stored: StoredCheckpoint,
): Promise<"copied" | "older"> {
  const { channel_values, ...rest } = readCheckpoint(stored.checkpoint, stored.id);
  const versions = Object.entries(rest.channel_versions);
  // what has no version is found through no blob: it stays in the row
  const loose = Object.fromEntries(
    Object.entries(channel_values).filter(([channel]) => !(channel in rest.channel_versions)),
  );
  const blobs = versions.map(([channel, version]) => {
    const has = Object.hasOwn(channel_values, channel);
    const text = has ? dump(channel_values[channel]) : null;
    return { channel, version: String(version), type: has ? jsonType : emptyType, text };
  });
  return sql.begin(async (tx) => {
    const head = await tx`
      insert into public.checkpoint_heads as head (thread_id, checkpoint_ns, checkpoint_id, n, attempt)
      values (${thread}, ${ns}, ${stored.id}, ${stored.n}, ${stored.attempt})
      on conflict (thread_id, checkpoint_ns) do update
        set checkpoint_id = excluded.checkpoint_id, n = excluded.n, attempt = excluded.attempt
        where (excluded.n, excluded.attempt) > (head.n, head.attempt)
          or head.checkpoint_id = excluded.checkpoint_id
      returning 1`;
    if (head.length === 0) return "older";
    await tx`
      insert into public.checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
      select ${thread}, ${ns}, channel, version, type, convert_to(text, 'UTF8') from unnest(
        ${blobs.map((one) => one.channel)}::text[], ${blobs.map((one) => one.version)}::text[],
        ${blobs.map((one) => one.type)}::text[], ${blobs.map((one) => one.text)}::text[]
      ) as fresh (channel, version, type, text)
      on conflict do nothing`;
    await tx`
      insert into public.checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
      values (${thread}, ${ns}, ${stored.id}, ${stored.parent || null}, ${jsonType},
        ${tx.json({ ...rest, channel_values: loose } as never)}, ${tx.json(load(stored.metadata) as never)})
      on conflict (thread_id, checkpoint_ns, checkpoint_id) do update
        set checkpoint = excluded.checkpoint, metadata = excluded.metadata`;
    for (const { task, idx, channel, value } of stored.writes) {
      await tx`
        insert into public.checkpoint_writes
          (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob)
        values (${thread}, ${ns}, ${stored.id}, ${task}, ${idx}, ${channel}, ${jsonType}, ${Buffer.from(value)})
        on conflict (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) do update
          set channel = excluded.channel, type = excluded.type, blob = excluded.blob`;
    }
    await dropOld(tx as unknown as Sql, thread, ns, stored.id);
    return "copied";
  });
}

async function dropOld(tx: Sql, thread: string, ns: string, newest: string): Promise<void> {
  const gone = await tx<{ checkpoint_id: string }[]>`
    delete from public.checkpoints where thread_id = ${thread} and checkpoint_ns = ${ns}
      and checkpoint_id <> ${newest} and checkpoint_id in (
        select checkpoint_id from public.checkpoints
        where thread_id = ${thread} and checkpoint_ns = ${ns} and checkpoint_id <> ${newest}
        order by checkpoint_id desc offset ${limits.keptInPostgres - 1})
    returning checkpoint_id`;
  if (gone.length === 0) return;
  await tx`
    delete from public.checkpoint_writes where thread_id = ${thread} and checkpoint_ns = ${ns}
      and checkpoint_id = any(${gone.map((row) => row.checkpoint_id)})`;
  await tx`
    delete from public.checkpoint_blobs b where b.thread_id = ${thread} and b.checkpoint_ns = ${ns}
      and not exists (select 1 from public.checkpoints c where c.thread_id = b.thread_id
        and c.checkpoint_ns = b.checkpoint_ns and c.checkpoint -> 'channel_versions' ->> b.channel = b.version)`;
}

/** Removes a thread. */
export async function dropCopies(sql: Sql, thread: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`delete from public.checkpoint_heads where thread_id = ${thread}`;
    await tx`delete from public.checkpoints where thread_id = ${thread}`;
    await tx`delete from public.checkpoint_writes where thread_id = ${thread}`;
    await tx`delete from public.checkpoint_blobs where thread_id = ${thread}`;
  });
}
