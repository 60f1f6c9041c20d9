import * as v from "valibot";
import { defaultCode } from "../../shared/characters/catalog.ts";
import { publishConfirmed } from "../../shared/clients/amqp.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import type { Deps, Handle } from "../deps.ts";
import { validate } from "../http/body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { query } from "../stores.ts";

const Owned = v.object({
  id: v.pipe(v.string(), v.uuid()),
  code: v.string(),
  name: v.string(),
  type: v.string(),
  dialog: v.string(),
  acquired_at: v.pipe(v.string(), v.isoTimestamp()),
});
type Owned = v.InferOutput<typeof Owned>;

/**
 * GET the caller's collection, the default character first, then the oldest: a bare list. Whoever has no default one
 * yet sees it at once, and it is asked for.
 */
export const listMyCharacters: Handle = async (c, deps) => {
  const { userId } = c.get("principal");
  const rows = await selectOwned(deps, userId);
  const owned = rows.filter(({ status }) => status === "owned").map(withoutStatus);
  const character = await query(deps.rewards.catalog.default());
  // one that was given away is not given again
  if (!character || rows.some(({ code }) => code === character.code)) return c.json(owned);
  askForDefault(deps, userId);
  const { id, code, name, type, dialog } = character;
  const now = new Date(deps.clock.wallMs()).toISOString();
  const first: Owned = { id, code, name, type, dialog, acquired_at: now };
  return c.json([first, ...owned]);
};

type Row = Omit<Owned, "acquired_at"> & { readonly acquired_at: Date; readonly status: string };

function withoutStatus({ status: _status, acquired_at: at, ...row }: Row): Owned {
  return { ...row, acquired_at: at.toISOString() };
}

/** A row without its type or dialog shows the catalogue's. */
function selectOwned({ sql }: Deps, userId: UserId): Promise<Row[]> {
  return query(sql<Row[]>`
    select u.status, u.character_id as id, u.character_code as code, u.character_name as name,
      coalesce(nullif(u.character_type, ''), c.type_label, '') as type,
      coalesce(nullif(u.character_dialog, ''), c.dialog, '') as dialog, u.acquired_at
    from users.user_characters u left join character.characters c on c.code = u.character_code
    where u.user_id = ${userId}
    order by u.character_code = ${defaultCode} desc, u.acquired_at, u.character_code`);
}

/** Not waited for: should it fail, the next look at the empty collection asks again. */
function askForDefault({ broker, queueNames, log }: Deps, userId: UserId): void {
  if (!broker?.isUp()) return;
  const { characterExchange, grantDefaultQueue } = queueNames;
  const body = JSON.stringify({ user_id: userId });
  publishConfirmed(
    broker,
    characterExchange,
    grantDefaultQueue,
    body,
    crypto.randomUUID(),
    {},
  ).catch((error: unknown) => log.warn("default character not asked for", { error }));
}

export const listMyCharactersDoc: RouteDoc = {
  summary: "The caller's characters",
  tag: "users",
  answers: { 200: { about: "the default one first, then the oldest", body: v.array(Owned) } },
};

const Ownership = v.object({ character_name: v.string(), owned: v.boolean() });
const Name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(100, "must have at most 100 characters"),
  v.check((name) => !name.includes("\0") && name.isWellFormed(), "must be clean Unicode"),
);

/** GET whether the caller owns the character of this name; one that does not exist is not owned. */
export const readOwnership: Handle = async (c, { sql }) => {
  const { name } = validate(v.object({ name: Name }), { name: c.req.param("name") });
  const { userId } = c.get("principal");
  const [row] = await query(sql<{ owned: boolean }[]>`
    select exists (select 1 from users.user_characters
      where user_id = ${userId} and character_name = ${name} and status = 'owned') as owned`);
  return c.json({ character_name: name, owned: row?.owned ?? false });
};

export const readOwnershipDoc: RouteDoc = {
  summary: "Does the caller own this character?",
  tag: "users",
  params: { name: Name },
  answers: { 200: { about: "yes or no", body: Ownership } },
};
