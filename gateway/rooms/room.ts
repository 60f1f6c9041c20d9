import type { Redis } from "ioredis";
import { rooms } from "../../shared/limits.ts";
import { keys } from "../../shared/keys.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import type { Sid } from "../../shared/contract/rooms.ts";
import { frameOf, isAfter, parseEntry, type RawEntry, type RoomEntry } from "./entry.ts";

/** One socket in a room. None of these may throw. */
export interface Member {
  /** The stream's next entry for this socket; called in order, once for each. */
  onEntry(frame: string): void;
  /** A frame that is not stored. */
  onLive(frame: string): void;
  readonly wantsPresence: boolean;
  /** Names the socket among all processes: what it sent need not come back. */
  readonly key: string;
}

/**
 * Where a new member begins: with what came after `end`, the end of the stream when its socket was not open yet, so
 * that whoever speaks once it is open is heard. Before that it gets the `replay` newest entries, or those after `since`.
 */
export interface Begin {
  readonly end: string;
  readonly replay: number;
  readonly since: string | undefined;
}

export const streamStart = "0-0";

/** The newest entry of a room. Throws what Redis throws. */
export async function endOf(redis: Redis, sid: Sid): Promise<string> {
  const [last] = await redis.xrevrange(keys.room(sid), "+", "-", "COUNT", 1);
  return last?.[0] ?? streamStart;
}

/**
 * A room as this process sees it: its sockets, and how far its stream was read. Bells only wake it: what is
 * delivered is what the stream holds after the cursor, so a lost or late bell loses and reorders nothing.
 */
export class Room {
  readonly sid: Sid;
  readonly members = new Set<Member>();
  /** Runs that have answered: late tokens of theirs are dropped. */
  readonly answered = new Set<string>();
  /** Up to here the live members have everything. */
  #cursor = streamStart;
  #reading: Promise<void> | undefined;
  #isDirty = false;
  readonly #live = new Set<Member>();
  readonly #redis: ScriptedRedis;
  readonly #onEntry: (room: Room, entry: RoomEntry) => void;

  constructor(sid: Sid, redis: ScriptedRedis, onEntry: (room: Room, entry: RoomEntry) => void) {
    this.sid = sid;
    this.#redis = redis;
    this.#onEntry = onEntry;
  }

  /** Finds the stream's end. Throws what Redis throws. */
  async open(): Promise<void> {
    this.#cursor = await endOf(this.#redis, this.sid);
  }

  /** Gives a member what it asked for, then everything that follows. Throws what Redis throws. */
  async begin(member: Member, { end, replay, since }: Begin): Promise<void> {
    // another process may have read further than this one: what it was given must not come again
    if (isAfter(end, this.#cursor)) await this.wake();
    const key = keys.room(this.sid);
    if (since !== undefined || replay > 0) {
      const [from, count] = since === undefined ? ["-", replay] : [`(${since}`, rooms.since];
      // the newest of them: between these and what comes live there is no hole
      const newest = await this.#redis.xrevrange(key, end, from, "COUNT", count);
      for (const frame of this.#thatFit(newest).reverse()) member.onEntry(frame);
    }
    for (let has = end; isAfter(this.#cursor, has);) {
      const to = this.#cursor;
      const missed = await this.#redis.xrange(key, `(${has}`, to);
      for (const raw of missed) this.#give(member, raw);
      has = to;
    }
    if (this.members.has(member)) this.#live.add(member);
  }

  leave(member: Member): void {
    this.members.delete(member);
    this.#live.delete(member);
  }

  /** Reads on, and resolves when it did. Never throws: a store that is away is asked again at the next bell or poll. */
  wake(): Promise<void> {
    this.#isDirty = true;
    return (this.#reading ??= this.#read());
  }

  /** A frame for the sockets here, or for some of them. */
  tell(frame: string, to: (member: Member) => boolean): void {
    for (const member of this.#live) if (to(member)) member.onLive(frame);
  }

  async #read(): Promise<void> {
    const key = keys.room(this.sid);
    try {
      while (this.#isDirty) {
        this.#isDirty = false;
        const from = `(${this.#cursor}`;
        const entries = await this.#redis.xrange(key, from, "+", "COUNT", rooms.readCount);
        if (entries.length === rooms.readCount) this.#isDirty = true;
        for (const raw of entries) this.#deliver(raw);
      }
    } catch {
      this.#isDirty = false; // the cursor stands: nothing is lost
    } finally {
      this.#reading = undefined;
    }
  }

  #deliver(raw: RawEntry): void {
    this.#cursor = raw[0];
    const entry = parseEntry(raw);
    if (!entry) return;
    this.#onEntry(this, entry);
    const frame = frameOf(this.sid, entry);
    for (const member of this.#live) member.onEntry(frame);
  }

  /** Frames of the newest entries, the newest first, as many as a slow client can take at once. */
  #thatFit(newest: readonly RawEntry[]): string[] {
    const frames: string[] = [];
    let bytes = 0;
    for (const raw of newest) {
      const entry = parseEntry(raw);
      if (!entry) continue;
      const frame = frameOf(this.sid, entry);
      bytes += Buffer.byteLength(frame);
      if (bytes > rooms.replayBytes) break;
      frames.push(frame);
    }
    return frames;
  }

  #give(member: Member, raw: RawEntry): void {
    const entry = parseEntry(raw);
    if (entry) member.onEntry(frameOf(this.sid, entry));
  }
}
