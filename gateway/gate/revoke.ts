import { publishConfirmed } from "../../shared/clients/amqp.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import { within } from "../stores.ts";
import type { RevokedToken } from "./revocations.ts";

/** Redis-S must take it within this; then it is written as soon as it does. */
const writeMs = 1000;

/**
 * Takes a token's rights everywhere: here at once, in every gateway by the fanout, and in those that start later
 * or do not hear the broker by the log, which is therefore the outbox too. Throws `UNAVAILABLE` when neither
 * took it: it then counts here alone, until this process can write again.
 */
export async function revoke(
  {
    revocations,
    broker,
    queueNames,
    clock,
  }: Pick<Deps, "revocations" | "broker" | "queueNames" | "clock">,
  token: RevokedToken & { readonly userId: UserId },
  reason: "logout" | "token_rotated" | "token_reused",
): Promise<void> {
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
    await publishConfirmed(
      broker,
      queueNames.revocationExchange,
      "",
      body,
      crypto.randomUUID(),
      {},
    );
  };
  const [written, told] = await Promise.allSettled([
    within(writeMs, revocations.write(token), "the log of revocations"),
    tell(),
  ]);
  if (written.status === "fulfilled") return;
  revocations.writeLater(token);
  if (told.status === "rejected") throw new AppError("UNAVAILABLE", { cause: written.reason });
}
