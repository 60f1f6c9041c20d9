import type { Sql } from "../clients/postgres.ts";
import { ownershipId, UserId } from "../contract/ids.ts";
import * as v from "valibot";

/** A character given to somebody: the body of a `reward.events` message. */
export const Grant = v.object({
  user_id: UserId,
  character_id: v.pipe(v.string(), v.uuid()),
  character_code: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  character_name: v.pipe(v.string(), v.minLength(1)),
  character_type: v.nullish(v.string(), null),
  character_dialog: v.nullish(v.string(), null),
  source: v.optional(v.pipe(v.string(), v.maxLength(32)), "scan"),
});
export type Grant = v.InferOutput<typeof Grant>;

/** The last grant of each user and character: one statement must not touch a row twice. */
const distinct = (grants: readonly Grant[]) => [
  ...new Map(grants.map((one) => [`${one.user_id} ${one.character_code}`, one])).values(),
];

const columns = (grants: readonly Grant[]) =>
  JSON.stringify(
    distinct(grants).map((one) => ({ ...one, id: ownershipId(one.user_id, one.character_code) })),
  );

/**
 * Insert or ignore in the character store; the ids of the rows that are new. Grants of accounts or characters that
 * are not there are passed over: the account was deleted meanwhile.
 */
export async function saveOwnerships(sql: Sql, grants: readonly Grant[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    insert into character.character_ownerships (id, user_id, character_id, character_code, source)
    select g.id, g.user_id, c.id, g.character_code, g.source
    from jsonb_to_recordset(${columns(grants)}::text::jsonb)
      as g(id uuid, user_id uuid, character_code text, source text)
    join users.accounts a on a.id = g.user_id
    join character.characters c on c.code = g.character_code
    order by g.id -- two batches at once lock rows in one order
    on conflict do nothing
    returning id`;
  return new Set(rows.map(({ id }) => id));
}

export async function hasOwnership(sql: Sql, id: string): Promise<boolean> {
  const rows = await sql`select 1 from character.character_ownerships where id = ${id}`;
  return rows.length > 0;
}

/** Upsert in the users store: id and name follow the grant, type and dialog only when it has them. */
export async function saveUserCharacters(sql: Sql, grants: readonly Grant[]): Promise<void> {
  await sql`
    insert into users.user_characters as mine
      (id, user_id, character_id, character_code, character_name, character_type, character_dialog, source)
    select g.id, g.user_id, g.character_id, g.character_code, g.character_name, g.character_type,
      g.character_dialog, g.source
    from jsonb_to_recordset(${columns(grants)}::text::jsonb)
      as g(id uuid, user_id uuid, character_id uuid, character_code text, character_name text,
        character_type text, character_dialog text, source text)
    join users.accounts a on a.id = g.user_id
    order by g.id
    on conflict (user_id, character_code) do update set
      character_id = excluded.character_id,
      character_name = excluded.character_name,
      character_type = coalesce(nullif(excluded.character_type, ''), mine.character_type),
      character_dialog = coalesce(nullif(excluded.character_dialog, ''), mine.character_dialog),
      updated_at = now()
    where (mine.character_id, mine.character_name, mine.character_type, mine.character_dialog)
      is distinct from (excluded.character_id, excluded.character_name,
        coalesce(nullif(excluded.character_type, ''), mine.character_type),
        coalesce(nullif(excluded.character_dialog, ''), mine.character_dialog))`;
}

/** Accounts for users that only a development token knows. The local stack alone asks for it. */
export async function makeAccounts(sql: Sql, ids: readonly UserId[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`insert into users.accounts (id)
    select id from unnest(${[...new Set(ids)]}::uuid[]) as id order by id on conflict do nothing`;
}
