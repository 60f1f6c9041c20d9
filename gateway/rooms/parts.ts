import type { Redis } from "ioredis";
import type { Clock } from "../../shared/clock.ts";
import type { Sid } from "../../shared/contract/rooms.ts";
import { keys } from "../../shared/keys.ts";
import type { Log } from "../../shared/log.ts";
import type { Registry } from "../../shared/prom.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import type { Deps } from "../deps.ts";
import type { Limits } from "../limits/limits.ts";
import { Slots } from "../limits/slots.ts";
import { createCounter } from "./count-entries.ts";
import { type Filter, maskNumbers } from "./filter.ts";
import { Hub } from "./hub.ts";
import { looksLikeInjection } from "./injection.ts";
import { createRoomMetrics, type RoomMetrics } from "./metrics.ts";
import type { RoomModel } from "./model.ts";
import { ModelRuns } from "./model-runs.ts";
import { frameErrors, type FrameErrors } from "./read-frame.ts";
import { type RoomBuckets, roomBuckets, type RoomRules } from "./rules.ts";

/** What the sockets of rooms share. */
export interface RoomParts {
  /** Redis-S. */
  readonly redis: ScriptedRedis;
  readonly hub: Hub;
  readonly slots: Slots<Sid>;
  readonly countKey: (sid: Sid) => string;
  readonly limits: Pick<Limits, "ask">;
  readonly buckets: RoomBuckets;
  readonly model: RoomModel;
  readonly filter: Filter;
  /** Code points of a message. */
  readonly textChars: number;
  readonly frameErrors: FrameErrors;
  readonly metrics: RoomMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** Nobody gets in without a token. */
  readonly needsToken: boolean;
  /** Entries of a room by participant. */
  readonly count: (sid: Sid) => Promise<Record<string, number>>;
  close(): Promise<void>;
}

interface RoomOptions extends Pick<
  Deps,
  | "redis"
  | "pubsub"
  | "broker"
  | "queueNames"
  | "streams"
  | "locks"
  | "budget"
  | "tracing"
  | "clock"
  | "log"
> {
  readonly subscriber: Redis;
  readonly registry: Registry;
  readonly limits: Limits;
  readonly rules: RoomRules;
  readonly needsToken: boolean;
  readonly filter?: Filter;
}

/** The rooms of a process, wired. */
export function openRooms(options: RoomOptions): RoomParts {
  const { redis, pubsub, subscriber, limits, rules, needsToken, clock, log } = options;
  const metrics = createRoomMetrics(options.registry);
  const buckets = roomBuckets(limits, rules);
  const now = () => clock.wallMs();
  const hub = new Hub({
    redis,
    pubsub,
    subscriber,
    metrics,
    now,
    onPoll: (sid) => void model.pump(sid),
  });
  const model = new ModelRuns({ ...options, hub, buckets, isInjection: looksLikeInjection });
  return {
    redis,
    hub,
    slots: new Slots(limits.ask, rules.sockets, keys.roomSockets),
    countKey: keys.roomSockets,
    limits,
    buckets,
    model,
    filter: options.filter ?? maskNumbers,
    textChars: rules.textChars,
    frameErrors: frameErrors(rules.textChars),
    metrics,
    clock,
    log,
    needsToken,
    count: createCounter(redis),
    close: () => {
      hub.close();
      return model.close();
    },
  };
}
