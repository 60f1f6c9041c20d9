import * as v from "valibot";
import { makeAccounts } from "../../shared/characters/store.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import type { Principal } from "../gate/verify.ts";
import { query } from "../stores.ts";
import { displayName } from "./accounts.ts";

/** What a client knows of its own user. */
export const Profile = v.object({
  username: v.pipe(v.string(), v.description("Never empty: clients take it for being signed in.")),
  display_name: v.string(),
  nickname: v.string(),
  phone_number: v.nullable(v.string()),
  provider: v.pipe(v.string(), v.description("The sign-in service of this token, else the last.")),
  last_login_at: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
});

interface Row {
  readonly nickname: string | null;
  readonly name: string | null;
  readonly phone_number: string | null;
  readonly provider: string | null;
  readonly last_login_at: Date | null;
}

type Stores = Pick<Deps, "sql" | "rewards">;

/** Throws `USER_NOT_FOUND` for a token whose account is gone; the local stack makes one for a development token. */
export async function readProfile(
  deps: Stores,
  { userId, provider }: Principal,
): Promise<v.InferOutput<typeof Profile>> {
  let row = await selectProfile(deps, userId, provider);
  if (!row && deps.rewards.makesAccounts) {
    await query(makeAccounts(deps.sql, [userId]));
    row = await selectProfile(deps, userId, provider);
  }
  if (!row) throw new AppError("USER_NOT_FOUND");
  const name = displayName(row);
  return {
    username: name,
    display_name: name,
    nickname: row.nickname?.trim() || name,
    phone_number: row.phone_number,
    provider: row.provider ?? provider,
    last_login_at: row.last_login_at?.toISOString() ?? null,
  };
}

async function selectProfile({ sql }: Stores, userId: UserId, provider: string) {
  const [row] = await query(sql<Row[]>`
    select a.nickname, a.name, a.phone_number, a.last_login_at, s.provider::text as provider
    from users.accounts a
    left join lateral (
      select provider from users.social_accounts where user_id = a.id
      order by provider::text = ${provider} desc, last_login_at desc nulls last, created_at desc limit 1
    ) s on true
    where a.id = ${userId}`);
  return row;
}

export interface Changes {
  readonly nickname?: string | undefined;
  readonly phone_number?: string | undefined;
}

/** False when there is no such account. Throws `PHONE_NUMBER_IN_USE`. */
export async function updateProfile(
  { sql }: Pick<Deps, "sql">,
  userId: UserId,
  changes: Changes,
): Promise<boolean> {
  const { nickname = null, phone_number: phone = null } = changes;
  try {
    const done = await query(sql`
      update users.accounts set nickname = coalesce(${nickname}, nickname),
        phone_number = coalesce(${phone}, phone_number), updated_at = now()
      where id = ${userId}`);
    return done.count === 1;
  } catch (cause) {
    const isTaken = cause instanceof Error && "code" in cause && cause.code === "23505";
    throw isTaken ? new AppError("PHONE_NUMBER_IN_USE", { cause }) : cause;
  }
}
