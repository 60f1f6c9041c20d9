import { keys } from "../../shared/keys.ts";
import { rooms } from "../../shared/limits.ts";
import type { Sid } from "../../shared/contract/rooms.ts";
import type { Limits } from "../limits/limits.ts";
import type { BucketRule, Wanted } from "../limits/local-buckets.ts";

/** What may be configured; see `rooms` in `shared/limits.ts`. */
export interface RoomRules {
  /** Code points of a message. */
  readonly textChars: number;
  readonly sockets: number;
  /** Of one room, in 10 s. */
  readonly messagesPer10s: number;
  /** Of one person. */
  readonly invokesPerMinute: number;
  readonly roomInvokesPerMinute: number;
  readonly historyPerMinute: number;
}

export const defaultRules: RoomRules = {
  textChars: rooms.textChars,
  sockets: rooms.sockets,
  messagesPer10s: rooms.messagesPer10s,
  invokesPerMinute: rooms.invokesPerMinute,
  roomInvokesPerMinute: rooms.roomInvokesPerMinute,
  historyPerMinute: rooms.historyPerMinute,
};

const perMinute = (name: string, count: number): BucketRule => ({
  name,
  capacity: count,
  perSecond: count / 60,
});

/** The token buckets of rooms. Each answers 0 when it gave one, else the milliseconds until it will. */
export function roomBuckets(limits: Pick<Limits, "take">, rules: RoomRules) {
  const message: BucketRule = {
    name: "room-messages",
    capacity: rules.messagesPer10s,
    perSecond: rules.messagesPer10s / 10,
  };
  const invoke = perMinute("room-invokes", rules.invokesPerMinute);
  const roomInvoke = perMinute("room-invokes-all", rules.roomInvokesPerMinute);
  const history = perMinute("room-history", rules.historyPerMinute);
  const take = async (wanted: readonly Wanted[]): Promise<number> => {
    const { isAllowed, levels } = await limits.take(wanted);
    return isAllowed ? 0 : Math.max(1, ...levels.map(({ waitMs }) => waitMs));
  };
  const ofRoom = (sid: Sid): Wanted => ({ key: keys.roomBucket("room", sid), rule: message });
  return {
    message: (sid: Sid) => take([ofRoom(sid)]),
    /** `who`: the person, or the address. */
    invoke: (sid: Sid, who: string) =>
      take([
        { key: keys.roomBucket("invoke", who), rule: invoke },
        { key: keys.roomBucket("invokes", sid), rule: roomInvoke },
      ]),
    history: (who: string) => take([{ key: keys.roomBucket("history", who), rule: history }]),
  };
}
export type RoomBuckets = ReturnType<typeof roomBuckets>;
