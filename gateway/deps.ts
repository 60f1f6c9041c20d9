import type { Redis } from "ioredis";
import type { Context } from "hono";
import type { RewardDeps } from "../shared/characters/give.ts";
import type { Clock } from "../shared/clock.ts";
import type { Broker } from "../shared/clients/amqp.ts";
import type { Sql } from "../shared/clients/postgres.ts";
import type { QueueNames } from "../shared/contract/topology.ts";
import type { Locks } from "../shared/lock/lock.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import type { TraceContext, Tracing } from "../shared/trace.ts";
import type { Auth } from "./auth/settings.ts";
import type { AssistantParts } from "./assistant/parts.ts";
import type { Role } from "./config.ts";
import type { Revocations } from "./gate/revocations.ts";
import type { Principal, Verify } from "./gate/verify.ts";
import type { Images } from "./images/images.ts";
import type { Kakao } from "./locations/kakao.ts";
import type { Budget } from "./limits/budget.ts";
import type { Limits } from "./limits/limits.ts";
import type { HttpMetrics } from "./metrics.ts";
import type { Page } from "./page.ts";
import type { RoomParts } from "./rooms/parts.ts";
import type { Streams } from "./sse/open-stream.ts";
import type { Upgrade } from "./ws/port.ts";
import type { Sockets } from "./ws/sockets.ts";

/** What the handlers use. */
export interface Deps {
  readonly role: Role;
  /** Redis-S, for requests: a command fails rather than waits for ever. */
  readonly redis: ScriptedRedis;
  /** Redis-P, to publish. */
  readonly pubsub: Redis;
  /** Redis-C: what may be lost. */
  readonly cache: Redis;
  readonly sql: Sql;
  /** Undefined in a process that takes no messages. */
  readonly broker: Broker | undefined;
  readonly queueNames: QueueNames;
  readonly streams: Streams;
  readonly sockets: Sockets;
  readonly rooms: RoomParts;
  readonly assistant: AssistantParts;
  readonly locks: Locks;
  readonly rewards: RewardDeps;
  /** The place search; undefined without a key. */
  readonly kakao: Kakao | undefined;
  readonly verify: Verify;
  readonly revocations: Revocations;
  readonly metrics: HttpMetrics;
  readonly tracing: Tracing;
  readonly clock: Clock;
  readonly log: Log;
  /** Exact origins that may use the cookie from another site. */
  readonly corsOrigins: readonly string[];
  /** Undefined where no page is served. */
  readonly page: Page | undefined;
  /** Proxies of ours in front: they set `X-Forwarded-Host` and `X-Forwarded-For`. */
  readonly proxyHops: number;
  readonly limits: Limits;
  /** Undefined where no store for pictures is set up. */
  readonly images: Images | undefined;
  readonly budget: Budget;
  readonly auth: Auth;
  /** Aborts when the process closes. */
  readonly closing: AbortSignal;
}

export interface AppEnv {
  Bindings: {
    /** Sets the idle limit of the request's connection, 0 for none. Absent outside a server. */
    readonly setIdleSeconds?: (seconds: number) => void;
    /** Address of the connection's other end. Absent outside a server. */
    readonly peer?: () => string | undefined;
    /** Makes the request a WebSocket. Absent outside a server. */
    readonly upgrade?: Upgrade;
  };
  Variables: {
    requestId: string;
    trace: TraceContext;
    principal: Principal;
    /** What the answer carries beside its own headers. */
    headers?: Readonly<Record<string, string>>;
  };
}
export type Ctx = Context<AppEnv>;

/** One route's work. Throws `AppError`s; `http/fail.ts` answers them. */
export type Handle = (c: Ctx, deps: Deps) => Response | Promise<Response>;
