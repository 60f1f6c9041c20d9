import * as v from "valibot";
import { type Broker, publishConfirmed } from "../shared/clients/amqp.ts";
import { type Clock, pause } from "../shared/clock.ts";
import type { QueueNames } from "../shared/contract/topology.ts";
import { keys } from "../shared/keys.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import type { Leases } from "./leases.ts";
import { type Heart, repeat, replyOf } from "./loop.ts";
import { outboxLease } from "./outbox.ts";

interface RevocationDeps {
  readonly store: ScriptedRedis;
  readonly broker: Broker;
  readonly names: QueueNames;
  readonly leases: Leases;
  readonly heart: Heart;
  readonly clock: Clock;
  readonly log: Log;
}

const everyMs = 1000;
const batch = 10;
const Event = v.object({ jti: v.string(), expires_at: v.pipe(v.string(), v.isoTimestamp()) });

/**
 * Brings revocations to the broker that the gateway could not: gateways read them in Redis-S anyway, other listeners hear
 * of them only here. Oldest first; each is in one of the two lists until the broker confirmed it. The replica that has
 * the outbox does it.
 */
export function drainRevocations(deps: RevocationDeps, signal: AbortSignal): Promise<void> {
  const { store, leases, heart, log } = deps;
  let wasOurs = false;
  return repeat({ name: "revocation outbox", log, signal, heart }, async () => {
    await pause(everyMs, signal);
    const isOurs = leases.isOurs(outboxLease);
    // what a replica had taken when it ended goes first
    if (isOurs && !wasOurs) while (await replyOf(store, putBack(store), heart, signal));
    wasOurs = isOurs;
    while (leases.isOurs(outboxLease) && !signal.aborted) {
      if ((await drainBatch(deps, signal)) < batch) return;
    }
  });
}

/** Back to the end it is taken from. */
const putBack = (store: ScriptedRedis) =>
  store.lmove(keys.revocationOutboxTaken, keys.revocationOutbox, "LEFT", "RIGHT");

/** Returns how many it settled. Throws `UNAVAILABLE` while the broker is away; nothing overtakes the one it holds. */
async function drainBatch(deps: RevocationDeps, signal: AbortSignal): Promise<number> {
  const { store, heart } = deps;
  const { revocationOutbox: from, revocationOutboxTaken: taken } = keys;
  let settled = 0;
  for (; settled < batch && !signal.aborted; settled++) {
    heart.beat();
    const body = await replyOf(store, store.lmove(from, taken, "RIGHT", "LEFT"), heart, signal);
    if (body === null) break;
    try {
      await settle(deps, body);
    } catch (cause) {
      await putBack(store);
      throw cause;
    }
    await store.lrem(taken, 1, body);
  }
  return settled;
}

async function settle({ store, broker, names, clock, log }: RevocationDeps, body: string) {
  const event = v.safeParse(v.pipe(v.string(), v.parseJson(), Event), body);
  if (!event.success) {
    await store.lpush(keys.revocationOutboxDead, body);
    log.warn("revocation in the outbox is unreadable");
    return;
  }
  // its token has ended by itself
  if (Date.parse(event.output.expires_at) <= clock.wallMs()) return;
  await publishConfirmed(broker, names.revocationExchange, "", body, crypto.randomUUID(), {});
}
