import type { UserId } from "../../shared/contract/ids.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { query } from "../stores.ts";

// Every query throws `UNAVAILABLE` (retry) past its time.

export const providers = ["google", "kakao", "naver"] as const;
export type Provider = (typeof providers)[number];

/** What a sign-in service says of a person; only the id is certain. */
export interface Profile {
  readonly provider: Provider;
  readonly providerUserId: string;
  readonly email?: string | undefined;
  readonly nickname?: string | undefined;
  readonly profileImageUrl?: string | undefined;
}

export interface Account {
  readonly id: UserId;
  readonly nickname: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone_number: string | null;
  readonly profile_image_url: string | null;
  readonly last_login_at: Date | null;
  readonly created_at: Date;
}

/** What people call the account: never empty. */
export function displayName(account: Pick<Account, "nickname" | "name">): string {
  return account.nickname?.trim() || account.name?.trim() || "사용자";
}

/** Undefined when there is no such account. */
export async function getUser(sql: Sql, id: UserId): Promise<Account | undefined> {
  const [row] = await query(sql<Account[]>`
    select id, nickname, name, email, phone_number, profile_image_url, last_login_at, created_at
    from users.accounts where id = ${id}`);
  return row;
}

/**
 * The account of a person whom a sign-in service vouches for, made at the first sign-in; notes the sign-in on both
 * rows. What the person changed here stays: later sign-ins only fill what is empty. Two first sign-ins at once get one
 * account.
 */
export async function getOrCreateFromOAuth(
  sql: Sql,
  profile: Profile,
): Promise<{ userId: UserId; isNew: boolean }> {
  const known = await findBySocial(sql, profile);
  if (known) {
    await query(fillEmpty(sql, known, profile));
    await updateLoginTime(sql, known, profile.provider, profile.providerUserId);
    return { userId: known, isNew: false };
  }
  const made = await query(insertBoth(sql, profile));
  if (made) return { userId: made, isNew: true };
  const first = await findBySocial(sql, profile); // somebody was faster
  if (!first) throw new Error("the account is neither new nor known");
  return { userId: first, isNew: false };
}

/** Notes a sign-in on the account and on the service it came by. */
export async function updateLoginTime(
  sql: Sql,
  userId: UserId,
  provider: Provider,
  providerUserId: string,
): Promise<void> {
  await query(sql`
    with social as (
      update users.social_accounts set last_login_at = now(), updated_at = now()
      where provider = ${provider} and provider_user_id = ${providerUserId} and user_id = ${userId})
    update users.accounts set last_login_at = now(), updated_at = now() where id = ${userId}`);
}

async function findBySocial(
  sql: Sql,
  { provider, providerUserId }: Profile,
): Promise<UserId | undefined> {
  const [row] = await query(sql<{ user_id: UserId }[]>`
    select user_id from users.social_accounts
    where provider = ${provider} and provider_user_id = ${providerUserId}`);
  return row?.user_id;
}

function fillEmpty(sql: Sql, userId: UserId, profile: Profile) {
  const { nickname = null, email = null, profileImageUrl = null } = profile;
  return sql`
    update users.accounts set
      nickname = coalesce(nickname, ${nickname}), email = coalesce(email, ${email}),
      profile_image_url = coalesce(${profileImageUrl}, profile_image_url)
    where id = ${userId}`;
}

/** Undefined when the social row was there: then nothing is made. */
async function insertBoth(sql: Sql, profile: Profile): Promise<UserId | undefined> {
  const { provider, providerUserId, nickname = null, email = null } = profile;
  const taken = Symbol("taken");
  try {
    return await sql.begin(async (tx) => {
      const [account] = await tx<{ id: UserId }[]>`
        insert into users.accounts (nickname, email, profile_image_url, last_login_at)
        values (${nickname}, ${email}, ${profile.profileImageUrl ?? null}, now()) returning id`;
      if (!account) throw new Error("the insert returned no row");
      const social = await tx`
        insert into users.social_accounts (user_id, provider, provider_user_id, email, last_login_at)
        values (${account.id}, ${provider}, ${providerUserId}, ${email}, now())
        on conflict (provider, provider_user_id) do nothing`;
      if (social.count === 0) throw taken; // takes the account back
      return account.id;
    });
  } catch (cause) {
    if (cause === taken) return undefined;
    throw cause;
  }
}
