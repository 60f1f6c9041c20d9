import { publishConfirmed } from "../../shared/clients/amqp.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { auth } from "../../shared/limits.ts";
import type { Deps } from "../deps.ts";
import { within } from "../stores.ts";
import type { RevokedToken } from "./revocations.ts";

/** Redis-S must take it within this; then it is written as soon as it does. */
const writeMs = 1000;

/**
 * Takes a token's, or a session's, rights everywhere: here at once, in every gateway by the fanout, and in those that
 * start later or do not hear the broker by the log. What the broker does not take waits in an outbox that the router
 * brings to it, for listeners that know no log. Throws `UNAVAILABLE` when neither took it: it then counts here
 * alone, until this process can write again. `isWritten`: the log has it already.
 */
export async function revoke(
  deps: Pick<Deps, "redis" | "revocations" | "broker" | "queueNames" | "clock">,
  token: RevokedToken & { readonly userId: UserId },
  reason: "logout" | "token_rotated" | "token_reused",
  isWritten = false,
): Promise<void> {
  const { redis, revocations, broker, queueNames, clock } = deps;
  const { jti, exp, userId } = token;
  revocations.add(jti, exp * 1000);
  const body = JSON.stringify({
    type: "add",
    jti,
    user_id: userId,
    expires_at: new Date(exp * 1000).toISOString(),
    reason,
    timestamp: new Date(clock.wallMs()).toISOString(),
  });
  const tell = async () => {
    if (!broker?.isUp() || broker.blocked() !== undefined) throw new AppError("UNAVAILABLE");
    const id = crypto.randomUUID();
    await publishConfirmed(broker, queueNames.revocationExchange, "", body, id, {});
  };
  const write = isWritten ? Promise.resolve() : revocations.write(token);
  const [written, told] = await Promise.allSettled([
    within(writeMs, write, "the log of revocations"),
    within(auth.revocationTellMs, tell(), "the broker"),
  ]);
  if (told.status === "rejected" && redis.status === "ready") {
    redis.lpush(keys.revocationOutbox, body).catch(() => undefined); // the log has it anyway
  }
  if (written.status === "fulfilled") return;
  revocations.writeLater(token);
  if (told.status === "rejected") throw new AppError("UNAVAILABLE", { cause: written.reason });
}
