import type { Clock } from "../../shared/clock.ts";
import type { UserId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import { quota } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { clientAddress, countedAs, isLoopback } from "./address.ts";
import { type BucketRule, LocalBuckets, type Taken, type Wanted } from "./local-buckets.ts";
import { type AskShared, createAskShared } from "./shared-store.ts";
import { Slots } from "./slots.ts";

/** What may be configured; see `quota` in `shared/limits.ts`. */
export interface LimitRules {
  readonly messagesPerMinute: number;
  readonly jobsAtOnce: number;
  readonly streamsAtOnce: number;
  readonly streamOpensPerSecond: number;
  readonly uploadsPerMinute: number;
  readonly assistantPerMinute: number;
  /** Undefined: the default, and none for loopback. */
  readonly addressRequestsPerSecond: number | undefined;
}

/** What a route uses up of a user's share; sign-ins, before anybody is known, of their address's. */
export type Share = "messages" | "streams" | "uploads" | "assistant" | "signIns";

export interface Limits {
  readonly jobsAtOnce: number;
  readonly slots: Slots<UserId>;
  /** Redis-P for other shared counts. */
  readonly ask: AskShared;
  /** Takes one token from every bucket, or none from any; alone while Redis-P is away. */
  take(wanted: readonly Wanted[]): Promise<Taken>;
  /**
   * Counts a request: one Redis call, none where nothing applies. Returns the headers for its answer. Throws
   * `RATE_LIMITED` with the time to wait.
   */
  count(from: Asker, share: Share | undefined): Promise<Readonly<Record<string, string>>>;
}

interface Asker {
  readonly userId: UserId | undefined;
  /** Of the connection; undefined outside a server. */
  readonly peer: string | undefined;
  readonly forwardedFor: string | undefined;
}

interface Options {
  /** Redis-P. */
  readonly redis: ScriptedRedis;
  readonly clock: Clock;
  readonly rules: LimitRules;
  /** Proxies of ours in front. */
  readonly hops: number;
  /** For the shared counts. */
  readonly waitMs?: number | undefined;
}

export function openLimits({ redis, clock, rules, hops, waitMs }: Options): Limits {
  const ask = createAskShared(redis, clock, waitMs);
  const local = new LocalBuckets(clock, quota.localEntries);
  const shares: Record<Share, BucketRule> = {
    messages: {
      name: "messages",
      capacity: Math.min(quota.messageBurst, rules.messagesPerMinute),
      perSecond: rules.messagesPerMinute / 60,
    },
    assistant: {
      name: "assistant",
      capacity: rules.assistantPerMinute,
      perSecond: rules.assistantPerMinute / 60,
    },
    streams: {
      name: "streams",
      capacity: (quota.streamBurst / quota.streamOpensPerSecond) * rules.streamOpensPerSecond,
      perSecond: rules.streamOpensPerSecond,
    },
    uploads: {
      name: "uploads",
      capacity: (quota.uploadBurst / quota.uploadsPerMinute) * rules.uploadsPerMinute,
      perSecond: rules.uploadsPerMinute / 60,
    },
    signIns: { name: "sign-ins", capacity: quota.signInBurst, perSecond: quota.signInsPerSecond },
  };
  const perAddress = rules.addressRequestsPerSecond ?? quota.addressRequestsPerSecond;
  const addresses: BucketRule = {
    name: "address",
    capacity: (quota.addressBurst / quota.addressRequestsPerSecond) * perAddress,
    perSecond: perAddress,
  };

  const take = async (wanted: readonly Wanted[]): Promise<Taken> => {
    const reply = await ask((shared) =>
      shared.eco2TakeTokens(
        wanted.length,
        ...wanted.map(({ key }) => key),
        ...wanted.flatMap(({ rule }) => [rule.capacity, rule.perSecond]),
      ),
    );
    if (!reply) return local.take(wanted);
    const [isAllowed, ...numbers] = reply;
    return {
      isAllowed: isAllowed === 1,
      levels: wanted.map(({ rule }, i) => {
        return { rule, left: numbers[2 * i] ?? 0, waitMs: numbers[2 * i + 1] ?? 0 };
      }),
    };
  };

  return {
    jobsAtOnce: rules.jobsAtOnce,
    slots: new Slots(ask, rules.streamsAtOnce, keys.userStreams),
    ask,
    take,
    async count({ userId, peer, forwardedFor }, share) {
      const wanted: Wanted[] = [];
      const address = clientAddress(peer, forwardedFor, hops);
      const isFree = rules.addressRequestsPerSecond === undefined && isLoopback(address ?? "::1");
      if (address !== undefined && !isFree) {
        wanted.push({ key: keys.bucket("address", countedAs(address)), rule: addresses });
      }
      const whose =
        share !== "signIns" ? userId : isFree || !address ? undefined : countedAs(address);
      if (whose !== undefined && share !== undefined) {
        wanted.push({ key: keys.bucket(share, whose), rule: shares[share] });
      }
      if (wanted.length === 0) return {};
      const taken = await take(wanted);
      const empty = taken.levels.find(({ waitMs }) => !taken.isAllowed && waitMs > 0);
      const told = empty ?? taken.levels.at(-1);
      const headers = told ? describe(told) : {};
      if (taken.isAllowed || !empty) return headers;
      throw new TooMany(empty.rule.name, Math.max(1, Math.ceil(empty.waitMs / 1000)), headers);
    },
  };
}

/** `RATE_LIMITED`, with the headers that say how the bucket stands. */
export class TooMany extends AppError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(what: string, retryAfterSeconds: number, headers: TooMany["headers"] = {}) {
    super("RATE_LIMITED", { detail: `too many: ${what}`, retryAfterSeconds });
    this.headers = headers;
  }
}

/** `RateLimit` and `RateLimit-Policy`, draft-ietf-httpapi-ratelimit-headers-10. */
function describe({ rule, left, waitMs }: Taken["levels"][number]): Record<string, string> {
  const windowSeconds = Math.max(1, Math.ceil(rule.capacity / rule.perSecond));
  const untilSeconds = Math.ceil(waitMs / 1000);
  return {
    "RateLimit-Policy": `"${rule.name}";q=${Math.floor(rule.capacity)};w=${windowSeconds}`,
    RateLimit: `"${rule.name}";r=${Math.max(0, left)};t=${untilSeconds}`,
  };
}
