// A socket in a room.
// opening  its place, its rights, what it missed; frames wait in line
// open     frames are handled one after the other: what one socket says keeps its order
// closed   out of the room, its place given back
import * as v from "valibot";
import { Location } from "../../shared/contract/job.ts";
import { liveFrame, type Sid } from "../../shared/contract/rooms.ts";
import { rooms } from "../../shared/limits.ts";
import { appendEntry } from "../../shared/rooms/append-entry.ts";
import type { GiveBack } from "../limits/slots.ts";
import { within } from "../stores.ts";
import { closeCodes } from "../ws/close-codes.ts";
import type { Connection, Talk } from "../ws/connection.ts";
import { mayUseRole, membershipOf } from "./access.ts";
import type { RoomParts } from "./parts.ts";
import { defaultRole, type Frame, isRole, readFrame } from "./read-frame.ts";
import type { Begin, Member } from "./room.ts";

export interface RoomSeat {
  readonly sid: Sid;
  /** For frames that name no role. */
  readonly role: string | undefined;
  readonly begin: Begin;
  readonly wantsPresence: boolean;
}

const typingMs = 1000;

export class RoomTalk implements Talk, Member {
  readonly key = crypto.randomUUID();
  readonly #connection: Connection;
  readonly #parts: RoomParts;
  readonly #seat: RoomSeat;
  /** Roles this socket was found to have. */
  readonly #roles = new Set<string>();
  #giveBack: GiveBack | undefined;
  #isClosed = false;
  #isIn = false;
  #typedAt = Number.NEGATIVE_INFINITY;
  /** What is being handled, and all that waits behind it. */
  #line: Promise<void>;

  constructor(connection: Connection, parts: RoomParts, seat: RoomSeat) {
    this.#connection = connection;
    this.#parts = parts;
    this.#seat = seat;
    this.#line = this.#open();
  }

  get wantsPresence(): boolean {
    return this.#seat.wantsPresence;
  }

  onEntry(frame: string): void {
    this.#connection.send(frame);
  }

  onLive(frame: string): void {
    this.#connection.send(frame);
  }

  onText(text: string): void {
    const waitMs = this.#connection.spend();
    if (waitMs > 0)
      return this.#refuse("rate_limited", "too many frames", { retry_after_ms: waitMs });
    const frame = readFrame(text, this.#seat.sid, this.#seat.role, this.#parts.textChars);
    const isMalformed =
      frame.word === "error" && (frame.code === "bad_json" || frame.code === "bad_envelope");
    if (isMalformed) this.#malformed(frame.code, frame.ref);
    else {
      this.#connection.countWellFormed();
      this.#line = this.#line.then(() => this.#handle(frame));
    }
  }

  onBinary(): void {
    this.#malformed("bad_json", undefined);
  }

  onClosed(): void {
    this.#isClosed = true;
    this.#giveBack?.();
    this.#parts.hub.leave(this.#seat.sid, this);
    if (this.#isIn) void this.#tellPresence("left");
  }

  /** Who it is, where people are counted. */
  get #who(): string {
    return this.#connection.principal?.userId ?? this.#connection.address;
  }

  async #open(): Promise<void> {
    const { hub, slots, redis, log } = this.#parts;
    const { sid, begin } = this.#seat;
    try {
      this.#giveBack = await slots.take(sid);
      if (!this.#giveBack) return this.#connection.close(closeCodes.full);
      const membership = await membershipOf(redis, sid, this.#connection.principal?.userId);
      if (membership === "closed") return this.#connection.close(closeCodes.forbidden);
      if (this.#isClosed) return;
      await hub.join(sid, this, begin);
      this.#isIn = !this.#isClosed;
      if (this.#isIn) await this.#tellPresence("joined");
    } catch (error) {
      log.warn("a room could not be opened", { error });
      this.#connection.close(closeCodes.internal);
    } finally {
      if (this.#isClosed) {
        this.#giveBack?.();
        hub.leave(sid, this);
      }
    }
  }

  async #handle(frame: Frame): Promise<void> {
    if (!this.#isIn || !this.#connection.isOpen) return;
    try {
      switch (frame.word) {
        case "error":
          return this.#refuse(frame.code, this.#parts.frameErrors[frame.code], {}, frame.ref);
        case "ping":
          return this.#say("pong", frame.bd);
        case "typing":
          return await this.#onTyping(frame);
        case "message":
          return await this.#onMessage(frame);
      }
    } catch (error) {
      this.#parts.log.warn("a frame was not handled", { error });
      this.#refuse("storage_unavailable", "not stored, please send it again", {});
    }
  }

  async #onTyping({ on, named }: Extract<Frame, { word: "typing" }>): Promise<void> {
    const { hub, clock } = this.#parts;
    const now = clock.monotonicMs();
    if (now - this.#typedAt < typingMs) return;
    this.#typedAt = now;
    if (!(await this.#mayUse(named))) return this.#roleTaken(undefined);
    const { sid } = this.#seat;
    const frame = liveFrame(sid, "typing", named ?? defaultRole, { on }, clock.wallMs());
    hub.tell(sid, frame, { word: "but", key: this.key });
  }

  async #onMessage(frame: Extract<Frame, { word: "message" }>): Promise<void> {
    const { hub, redis, model, buckets, metrics, filter } = this.#parts;
    const { sid } = this.#seat;
    const { named, ref, isInvoke } = frame;
    const filtered = filter(frame.text);
    if (filtered.word === "block") {
      return this.#refuse("filtered", "this message is not allowed here", {}, ref);
    }
    const text = filtered.word === "mask" ? filtered.text : frame.text;
    const waitMs = await buckets.message(sid);
    if (waitMs > 0) {
      this.#refuse("rate_limited", "too many messages", { retry_after_ms: waitMs }, ref);
      return this.#connection.strike();
    }
    const blocked = isInvoke ? await model.check({ sid, text, who: this.#who }) : undefined;
    if (blocked) return this.#refuse(blocked.code, blocked.message, blocked.more ?? {}, ref);
    // before anything is sent: what waits in the client would be stored later
    if (redis.status !== "ready") return this.#notStored(ref);
    if (!(await this.#mayUse(named))) return this.#roleTaken(ref);
    const body = { hd: frame.body.hd, bd: { ...frame.body.bd, text } };
    const role = named ?? defaultRole;
    const adding = within(rooms.storeMs, appendEntry(redis, sid, role, body), "the room");
    const added = await adding.catch(() => undefined);
    if (!added) return this.#notStored(ref);
    metrics.messages.inc();
    hub.ring(sid, added.id);
    const given = v.safeParse(Location, frame.body.bd["user_location"]);
    const location = given.success ? given.output : null;
    const asked = { sid, role, text, location, entryId: added.id, who: this.#who };
    const refusal = isInvoke ? await model.invoke(asked) : await model.hear(asked, added.mode);
    if (refusal) this.#refuse(refusal.code, refusal.message, refusal.more ?? {}, ref);
  }

  /** Without a name everybody is `user`: that one belongs to nobody. */
  async #mayUse(named: string | undefined): Promise<boolean> {
    if (named === undefined || this.#roles.has(named)) return true;
    const { redis } = this.#parts;
    const userId = this.#connection.principal?.userId;
    if (!(await mayUseRole(redis, this.#seat.sid, named, userId))) return false;
    this.#roles.add(named);
    return true;
  }

  async #tellPresence(what: "joined" | "left"): Promise<void> {
    const { hub, limits, clock, countKey } = this.#parts;
    const { sid, role = defaultRole } = this.#seat;
    const counted = await limits.ask((redis) => redis.zcard(countKey(sid)));
    const shown = isRole(role) === "role" ? role : defaultRole;
    const bd = { [what]: true, role: shown, count: counted ?? hub.count(sid) };
    const frame = liveFrame(sid, "room.presence", "system", bd, clock.wallMs());
    hub.tell(sid, frame, { word: "presence" });
  }

  #malformed(code: "bad_json" | "bad_envelope", ref: string | undefined): void {
    this.#refuse(code, this.#parts.frameErrors[code], {}, ref);
    this.#connection.countMalformed();
  }

  #notStored(ref: string | undefined): void {
    this.#refuse("storage_unavailable", "not stored, please send it again", {}, ref);
  }

  #roleTaken(ref: string | undefined): void {
    this.#refuse("role_taken", "this role belongs to somebody else here", {}, ref);
  }

  #refuse(
    code: string,
    message: string,
    more: Readonly<Record<string, unknown>>,
    ref?: string,
  ): void {
    const bd = { code, message, ...more, ...(ref === undefined ? {} : { ref }) };
    this.#say("error", bd, { status: "error", message, errMsg: message });
  }

  #say(event: string, bd: Readonly<Record<string, unknown>>, more = {}): void {
    const { sid } = this.#seat;
    const now = this.#parts.clock.wallMs();
    this.#connection.send(liveFrame(sid, event, "system", bd, now, more));
  }
}
