import { type Broker, publishConfirmed } from "../clients/amqp.ts";
import type { Sql } from "../clients/postgres.ts";
import { ownershipId, type UserId } from "../contract/ids.ts";
import type { QueueNames } from "../contract/topology.ts";
import type { Log } from "../log.ts";
import type { Catalog, Character } from "./catalog.ts";
import { match, type RewardInput } from "./reward.ts";
import { type Grant, makeAccounts, saveOwnerships, saveUserCharacters } from "./store.ts";

export interface RewardDeps {
  readonly catalog: Catalog;
  readonly sql: Sql;
  /** Undefined where none is connected: the rows are then written here alone. */
  readonly broker: Broker | undefined;
  readonly names: Pick<QueueNames, "rewardExchange">;
  /** `REWARD_FEATURE_ENABLED`. */
  readonly isEnabled: boolean;
  /** The local stack: an account is made for a user that only a development token knows. */
  readonly makesAccounts: boolean;
  readonly log: Log;
}

/** What a scan shows of its reward. */
export interface Reward {
  readonly name: string;
  readonly dialog: string;
  readonly match_reason: string;
  readonly type: string;
}

export function grantOf(userId: UserId, character: Character, source: string): Grant {
  return {
    user_id: userId,
    character_id: character.id,
    character_code: character.code,
    character_name: character.name,
    character_type: character.type,
    character_dialog: character.dialog,
    source,
  };
}

/**
 * Gives a character, once however often it is called. Both stores are written here, so that the collection shows it
 * at once, and the event is published for whoever else keeps books; its consumers write the same rows again, which
 * matters when the database was away. True: it is new. Throws when neither the database nor the broker took it.
 */
export async function give(deps: RewardDeps, grant: Grant): Promise<boolean> {
  const { sql, broker, names } = deps;
  const write = async () => {
    if (deps.makesAccounts) await makeAccounts(sql, [grant.user_id]);
    const isNew = await saveOwnerships(sql, [grant]);
    await saveUserCharacters(sql, [grant]);
    return isNew.has(ownershipId(grant.user_id, grant.character_code));
  };
  const tell = async () => {
    if (!broker) throw new Error("there is no broker here");
    const body = JSON.stringify(grant);
    await publishConfirmed(broker, names.rewardExchange, "", body, crypto.randomUUID(), {});
  };
  const [written, told] = await Promise.allSettled([write(), tell()]);
  if (written.status === "fulfilled") return written.value;
  if (told.status === "rejected") throw written.reason;
  deps.log.warn("a reward waits for the database", { error: written.reason });
  return false;
}

/** The reward of a finished scan, given. Null: none was earned, or it could not be given. Never throws. */
export async function rewardScan(
  deps: RewardDeps,
  userId: UserId,
  input: RewardInput,
): Promise<Reward | null> {
  if (!deps.isEnabled) return null;
  try {
    const found = await match(deps.catalog, input);
    if (!found) return null;
    const { character, reason } = found;
    await give(deps, grantOf(userId, character, "scan"));
    const { name, dialog, type } = character;
    return { name, dialog, match_reason: reason, type };
  } catch (error) {
    deps.log.warn("no reward could be given", { error });
    return null;
  }
}
