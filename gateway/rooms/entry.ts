import * as v from "valibot";
import { type RoomBody, roomFrame, type Sid } from "../../shared/contract/rooms.ts";

/** As Redis gives it. */
export type RawEntry = readonly [id: string, fields: readonly string[]];

/** An entry of a room's stream. */
export interface RoomEntry {
  /** Of the stream. */
  readonly id: string;
  readonly participant: string;
  readonly body: RoomBody;
}

const StoredBody = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    hd: v.looseObject({ event: v.string(), role: v.string() }),
    bd: v.record(v.string(), v.unknown()),
  }),
);

/** Undefined for what somebody else put into the stream. */
export function parseEntry([id, fields]: RawEntry): RoomEntry | undefined {
  let participant: string | undefined;
  let stored: string | undefined;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i] === "participant") participant = fields[i + 1];
    else if (fields[i] === "body") stored = fields[i + 1];
  }
  const body = v.safeParse(StoredBody, stored);
  if (participant === undefined || !body.success) return undefined;
  return { id, participant, body: body.output };
}

export function frameOf(sid: Sid, entry: RoomEntry): string {
  return roomFrame(sid, entry.id, entry.participant, entry.body);
}

const streamId = /^(\d{1,15})-(\d{1,15})$/;

export function isStreamId(text: string): boolean {
  return streamId.test(text);
}

/** Is stream id `a` above `b`. */
export function isAfter(a: string, b: string): boolean {
  const dashA = a.indexOf("-");
  const dashB = b.indexOf("-");
  const ms = Number(a.slice(0, dashA)) - Number(b.slice(0, dashB));
  return ms > 0 || (ms === 0 && Number(a.slice(dashA + 1)) > Number(b.slice(dashB + 1)));
}

/** Ms of the store's clock when it was added. */
export function addedAt(id: string): number {
  return Number(id.slice(0, id.indexOf("-")));
}
