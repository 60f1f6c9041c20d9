import { type Broker, publishConfirmed } from "../clients/amqp.ts";
import type { Sql } from "../clients/postgres.ts";
import { pause } from "../clock.ts";
import { ownershipId, type UserId } from "../contract/ids.ts";
import type { QueueNames } from "../contract/topology.ts";
import { characters as limits } from "../limits.ts";
import type { Log } from "../log.ts";
import type { Catalog, Character } from "./catalog.ts";
import { match, type RewardInput } from "./reward.ts";
import {
  type Grant,
  hasOwnership,
  makeAccounts,
  saveOwnerships,
  saveUserCharacters,
} from "./store.ts";

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

/** `new`: now theirs; `owned`: it was before; `later`: in no book yet, as the database is away or has no such account. */
export type Given = "new" | "owned" | "later";

/**
 * Gives a character, once however often it is called. Both stores are written here, so that the collection shows it
 * at once, and the event is published for whoever else keeps books; its consumers write the same rows again, which
 * matters when the database was away. It is published after the rows, or a consumer's would be the first and this one
 * would take the character for an old one; a slow database is not waited for. Throws when neither the database nor the
 * broker took it.
 */
export async function give(deps: RewardDeps, grant: Grant): Promise<Given> {
  const { sql, broker, names } = deps;
  const write = async (): Promise<Given> => {
    if (deps.makesAccounts) await makeAccounts(sql, [grant.user_id]);
    const id = ownershipId(grant.user_id, grant.character_code);
    const isNew = (await saveOwnerships(sql, [grant])).has(id);
    await saveUserCharacters(sql, [grant]);
    if (isNew) return "new";
    return (await hasOwnership(sql, id)) ? "owned" : "later";
  };
  const tell = async () => {
    if (!broker) throw new Error("there is no broker here");
    const body = JSON.stringify(grant);
    await publishConfirmed(broker, names.rewardExchange, "", body, crypto.randomUUID(), {});
  };
  const writing = write();
  await settledWithin(writing, limits.tellAfterMs);
  const [written, told] = await Promise.allSettled([writing, tell()]);
  if (written.status === "fulfilled") return written.value;
  if (told.status === "rejected") throw written.reason;
  deps.log.warn("a reward waits for the database", { error: written.reason });
  return "later";
}

async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  const settled = new AbortController();
  await Promise.race([work.catch(() => undefined), pause(ms, settled.signal)]);
  settled.abort();
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
