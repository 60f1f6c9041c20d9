// Characters given, into their two stores, and the default one to whoever has none.
import type { AMQPChannel } from "@cloudamqp/amqp-client";
import * as v from "valibot";
import type { Catalog } from "../../shared/characters/catalog.ts";
import { grantOf } from "../../shared/characters/give.ts";
import {
  Grant,
  makeAccounts,
  saveOwnerships,
  saveUserCharacters,
} from "../../shared/characters/store.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { UserId } from "../../shared/contract/ids.ts";
import type { QueueNames } from "../../shared/contract/topology.ts";
import type { Log } from "../../shared/log.ts";
import type { Counter } from "../../shared/prom.ts";
import { consumeBatches } from "./consume-batches.ts";

interface SaveRewardsDeps {
  readonly sql: Sql;
  readonly catalog: Catalog;
  readonly names: QueueNames;
  /** The local stack: an account is made for a user that only a development token knows. */
  readonly makesAccounts: boolean;
  readonly saved: Counter<"queue" | "result">;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const Onboarding = v.object({ user_id: UserId });

/** Consumes the three queues beside the worker's own; every message may come again and changes nothing then. */
export async function saveRewards(deps: SaveRewardsDeps, channel: AMQPChannel): Promise<void> {
  const { sql, catalog, names } = deps;
  const makeUnknown = async (batch: readonly { user_id: UserId }[]) => {
    if (!deps.makesAccounts) return;
    const ids = batch.map(({ user_id: id }) => id);
    await makeAccounts(sql, ids);
  };
  const common = { ...deps, channel };

  await consumeBatches({
    ...common,
    queue: names.saveOwnershipQueue,
    name: "save_ownership",
    Body: Grant,
    save: async (batch) => {
      await makeUnknown(batch);
      await saveOwnerships(sql, batch);
    },
  });
  await consumeBatches({
    ...common,
    queue: names.saveCharacterQueue,
    name: "save_character",
    Body: Grant,
    save: async (batch) => {
      await makeUnknown(batch);
      await saveUserCharacters(sql, batch);
    },
  });
  await consumeBatches({
    ...common,
    queue: names.grantDefaultQueue,
    name: "grant_default",
    Body: Onboarding,
    save: async (batch) => {
      const character = await catalog.default();
      if (!character) return;
      await makeUnknown(batch);
      const grants = batch.map(({ user_id: id }) => grantOf(id, character, "default-onboard"));
      await saveOwnerships(sql, grants);
      await saveUserCharacters(sql, grants);
    },
  });
}
