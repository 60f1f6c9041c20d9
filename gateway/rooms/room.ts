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

/** Where a new member begins. */
export type Begin =
  | { readonly word: "now" }
  | { readonly word: "last"; readonly count: number }
  | { readonly word: "after"; readonly id: string };

export const streamStart = "0-0";

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
    const [last] = await this.#redis.xrevrange(keys.room(this.sid), "+", "-", "COUNT", 1);
    this.#cursor = last?.[0] ?? streamStart;
  }

  /** Gives a member what it asked for, then everything that follows. Throws what Redis throws. */
  async begin(member: Member, begin: Begin): Promise<void> {
    // it may have seen more elsewhere than was read here
    if (begin.word === "after" && isAfter(begin.id, this.#cursor)) await this.wake();
    const key = keys.room(this.sid);
    let has = this.#cursor;
    if (begin.word !== "now") {
      const [from, count] =
        begin.word === "last" ? ["-", begin.count] : [`(${begin.id}`, rooms.since];
      // the newest of them: between these and what comes live there is no hole
      const newest = await this.#redis.xrevrange(key, has, from, "COUNT", count);
      for (const raw of newest.reverse()) this.#give(member, raw);
    }
    while (isAfter(this.#cursor, has)) {
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

  #give(member: Member, raw: RawEntry): void {
    const entry = parseEntry(raw);
    if (entry) member.onEntry(frameOf(this.sid, entry));
  }
}
