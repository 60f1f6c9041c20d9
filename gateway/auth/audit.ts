import type { UserId } from "../../shared/contract/ids.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { signIn } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import { Counter, type Registry } from "../../shared/prom.ts";
import { countedAs } from "../limits/address.ts";
import { query } from "../stores.ts";

/** What happened at the door. None of it says who: that is in `auth.login_audits`, for those who may look. */
export type AuthEvent =
  | { readonly action: "sign-in"; readonly provider: string; readonly reason?: string }
  | { readonly action: "session-refused"; readonly reason: string }
  | { readonly action: "sign-out" };

export interface Audit {
  /** One line, and one count. `isGood`: somebody got what they asked for. */
  note(event: AuthEvent, isGood: boolean): void;
  /** Counted by code; a line a minute says how many, so that refusals cannot flood the log. */
  refused(code: string): void;
  /** Keeps who signed in. Never throws: a sign-in does not wait for its trace. */
  keep(sql: Sql, row: LoginRow): Promise<void>;
  /** Says what was counted and not said yet. */
  close(): void;
}

interface LoginRow {
  readonly userId: UserId;
  readonly provider: string;
  readonly jti: string;
  readonly address: string | undefined;
  readonly agent: string;
}

export function createAudit(options: { log: Log; registry: Registry; clock: Clock }): Audit {
  const { log, registry, clock } = options;
  const events = new Counter({
    name: "chat_gateway_auth_events_total",
    help: "Sign-ins, refused sessions and sign-outs, by how they went.",
    labelNames: ["action", "outcome"],
    registers: [registry],
  });
  const kind = { eventKind: "event", eventCategory: "authentication" };
  let refusals = new Map<string, number>();
  let since = clock.monotonicMs();
  const say = () => {
    const counts = Object.fromEntries(refusals);
    const seconds = Math.round((clock.monotonicMs() - since) / 1000);
    refusals = new Map();
    since = clock.monotonicMs();
    if (Object.keys(counts).length === 0) return;
    const about = { ...kind, eventAction: "request-refused", eventOutcome: "failure" };
    log.info("requests refused", { ...about, counts, seconds });
  };
  return {
    note({ action, ...about }, isGood) {
      const outcome = isGood ? "success" : "failure";
      events.inc({ action, outcome });
      const { reason: eventReason, ...rest } = { reason: undefined, ...about };
      log.info("auth event", {
        ...kind,
        eventAction: action,
        eventOutcome: outcome,
        eventReason,
        ...rest,
      });
    },
    refused(code) {
      // the first after a quiet time is said at once, what follows when the time is over
      const isDue = clock.monotonicMs() - since >= signIn.refusalsEveryMs;
      refusals.set(code, (refusals.get(code) ?? 0) + 1);
      if (isDue) say();
    },
    async keep(sql, { userId, provider, jti, address, agent }) {
      const network = address === undefined ? null : networkOf(address);
      try {
        await query(sql`
          insert into auth.login_audits (user_id, provider, jti, login_ip, user_agent)
          values (${userId}, ${provider}, ${jti}, ${network}, ${agent})`);
      } catch (error) {
        log.warn("sign-in not kept", { error });
      }
    },
    close: say,
  };
}

/** Where an address roughly is: the /24 of IPv4, the /48 of IPv6. */
export function networkOf(address: string): string {
  const counted = countedAs(address);
  if (counted.includes(".")) return `${counted.split(".").slice(0, 3).join(".")}.0/24`;
  return `${counted.split(":").slice(0, 3).join(":")}::/48`;
}

const browsers = ["Edg", "OPR", "SamsungBrowser", "KAKAOTALK", "NAVER", "Firefox", "CriOS"];
const systems = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux"];

/** The family of a browser and a system, such as `Chrome on Android`; `other` says nothing about who it is. */
export function agentFamily(userAgent: string | undefined): string {
  if (userAgent === undefined) return "other";
  const has = (name: string) => userAgent.includes(name);
  const browser = browsers.find(has) ?? ["Chrome", "Safari"].find(has);
  const system = systems.find(has);
  return browser === undefined ? "other" : `${browser} on ${system ?? "other"}`;
}
