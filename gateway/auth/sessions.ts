import type { UserId } from "../../shared/contract/ids.ts";
import { keys, sessionPrefix } from "../../shared/keys.ts";
import { auth, signIn } from "../../shared/limits.ts";
import type { Deps } from "../deps.ts";
import { revoke } from "../gate/revoke.ts";
import type { Facts } from "./issue.ts";

type Stores = Pick<Deps, "redis" | "clock" | "auth" | "revocations" | "broker" | "queueNames">;

/** What is remembered of the device a session lives on. */
export interface Device {
  readonly deviceId: string | undefined;
  /** A family, such as `Chrome on Android`. */
  readonly agent: string;
}

/** Begins a session. Throws what Redis throws. */
export async function openSession(deps: Stores, facts: Facts, device: Device): Promise<void> {
  const { session, userId, refreshJti, provider, issuedAt } = facts;
  const ended = await deps.redis.eco2OpenSession(
    keys.session(session),
    keys.sessions(userId),
    keys.revocations,
    session,
    userId,
    refreshJti,
    deps.auth.refreshSeconds,
    signIn.sessionsPerUser,
    sessionPrefix,
    ...revocationArgs(deps),
    "provider",
    provider,
    "issued_at",
    issuedAt,
    "device_id",
    device.deviceId ?? "",
    "user_agent",
    device.agent,
  );
  await tell(deps, userId, ended, "logout");
}

export type Rotated =
  /** The facts of the pair to answer with; those of another tab's pair, if it was first. */
  | { readonly word: "rotated"; readonly facts: Facts }
  /** Somebody holds a copy: all sessions of the user have ended. */
  | { readonly word: "reused" }
  | { readonly word: "gone" };

/** Trades a refresh token. Throws what Redis throws; nothing is traded then, or the grace answers the next try. */
export async function rotateSession(deps: Stores, held: Facts, next: Facts): Promise<Rotated> {
  const { session, userId } = held;
  const [word, ...more] = await deps.redis.eco2RotateSession(
    keys.session(session),
    keys.sessions(userId),
    keys.revocations,
    keys.rotated(held.refreshJti),
    session,
    userId,
    held.refreshJti,
    next.refreshJti,
    next.accessJti,
    next.issuedAt,
    deps.auth.refreshSeconds,
    signIn.graceMs,
    sessionPrefix,
    ...revocationArgs(deps),
  );
  switch (word) {
    case "rotated":
      return { word, facts: next };
    case "grace": {
      const [refreshJti = "", accessJti = "", at = ""] = more;
      return { word: "rotated", facts: { ...next, refreshJti, accessJti, issuedAt: Number(at) } };
    }
    case "reused":
      await tell(deps, userId, more, "token_reused");
      return { word };
    case "gone":
      return { word };
    default:
      throw new Error(`rotate-session answered ${word}`);
  }
}

/** Ends one session, or (undefined) all of a user: no token of theirs gets in any more. Throws what Redis throws. */
export async function endSessions(
  deps: Stores,
  userId: UserId,
  session: string | undefined,
): Promise<void> {
  const ended = await deps.redis.eco2EndSessions(
    keys.sessions(userId),
    keys.revocations,
    session ?? "",
    sessionPrefix,
    ...revocationArgs(deps),
  );
  await tell(deps, userId, ended, "logout");
}

/** Until when access tokens of an ended session are refused (s), and which revocations nobody needs (before, ms). */
function revocationArgs({ auth: settings, clock }: Stores): [number, number] {
  const until = Math.ceil(clock.wallMs() / 1000) + settings.accessSeconds + auth.leewaySeconds;
  return [until, clock.wallMs() - auth.maxTokenSeconds * 1000];
}

/** Every process hears at once. The log has it already, so it is no failure when the broker is away. */
async function tell(
  deps: Stores,
  userId: UserId,
  sessions: readonly string[],
  reason: "logout" | "token_reused",
): Promise<void> {
  const [exp] = revocationArgs(deps);
  await Promise.all(
    sessions.map((session) => revoke(deps, { jti: session, userId, exp }, reason, true)),
  );
}
