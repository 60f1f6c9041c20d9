import type { Redis } from "ioredis";
import { pause } from "../../shared/clock.ts";
import type { Sid } from "../../shared/contract/rooms.ts";
import { keys } from "../../shared/keys.ts";
import { rooms as limits } from "../../shared/limits.ts";
import { formatLive, parseLive } from "../../shared/rooms/live.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { addedAt, type RoomEntry } from "./entry.ts";
import type { RoomMetrics } from "./metrics.ts";
import { type Begin, type Member, Room } from "./room.ts";

interface HubOptions {
  /** Redis-S. */
  readonly redis: ScriptedRedis;
  /** Redis-P, to publish. */
  readonly pubsub: Redis;
  /** Redis-P; it only subscribes. */
  readonly subscriber: Redis;
  readonly metrics: RoomMetrics;
  /** Wall ms. */
  readonly now: () => number;
  /** The rooms with sockets here, every few seconds. */
  readonly onPoll?: (sid: Sid) => void;
}

/** Whom a frame that is not stored is for. `run`: everybody, unless that run has answered already. */
export type Audience =
  | { readonly word: "all" }
  | { readonly word: "presence" }
  | { readonly word: "but"; readonly key: string }
  | { readonly word: "run"; readonly key: string };

const everybody: Audience = { word: "all" };

/** A room waits this long for its subscription: bells speed things up, they are not needed. */
const subscribeWaitMs = 300;
/** Runs of a room that are remembered as answered. */
const answeredRuns = 8;

/** The rooms that have sockets in this process. */
export class Hub {
  readonly #rooms = new Map<string, { readonly room: Room; readonly opened: Promise<void> }>();
  readonly #options: HubOptions;
  /** Tells our own messages from those of other processes. */
  readonly #origin = crypto.randomUUID();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    options.subscriber.on("message", this.#onMessage);
    options.subscriber.on("ready", this.#wakeAll);
    options.redis.on("ready", this.#wakeAll);
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Brings a member in: from here on it gets every entry, each once. Throws what Redis throws; then it is out. */
  async join(sid: Sid, member: Member, begin: Begin): Promise<void> {
    let held = this.#rooms.get(sid);
    if (!held) {
      const room = new Room(sid, this.#options.redis, this.#onEntry);
      held = { room, opened: this.#open(room) };
      this.#rooms.set(sid, held);
      this.#timer ??= setInterval(this.#poll, limits.pollMs);
    }
    const { room, opened } = held;
    room.members.add(member);
    try {
      await opened;
      await room.begin(member, begin);
    } catch (cause) {
      this.leave(sid, member);
      throw cause;
    }
  }

  leave(sid: Sid, member: Member): void {
    const room = this.#rooms.get(sid)?.room;
    if (!room) return;
    room.leave(member);
    if (room.members.size > 0) return;
    this.#rooms.delete(sid);
    // in order behind the subscribe on the same connection; whoever joins next subscribes again
    this.#options.subscriber
      .unsubscribe(keys.roomBell(sid), keys.roomLive(sid))
      .catch(() => undefined);
    if (this.#rooms.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Sockets of a room in this process. */
  count(sid: Sid): number {
    return this.#rooms.get(sid)?.room.members.size ?? 0;
  }

  /** An entry was added: everybody looks. */
  ring(sid: Sid, id: string): void {
    void this.#rooms.get(sid)?.room.wake();
    this.#options.pubsub.publish(keys.roomBell(sid), id).catch(() => undefined);
  }

  /** Sends a frame that is not stored to the room's sockets, here and in every process. */
  tell(sid: Sid, frame: string, audience: Audience = everybody): void {
    this.#tellHere(sid, frame, audience);
    const to = "key" in audience ? `${audience.word} ${audience.key}` : audience.word;
    const message = formatLive({ origin: this.#origin, to, frame });
    this.#options.pubsub.publish(keys.roomLive(sid), message).catch(() => undefined);
  }

  close(): void {
    const { subscriber, redis } = this.#options;
    subscriber.off("message", this.#onMessage);
    subscriber.off("ready", this.#wakeAll);
    redis.off("ready", this.#wakeAll);
    clearInterval(this.#timer);
  }

  /** Subscribes first, then finds the end of the stream: nothing falls between. */
  async #open(room: Room): Promise<void> {
    const { subscriber } = this.#options;
    const waiting = new AbortController();
    const subscribed = subscriber
      .subscribe(keys.roomBell(room.sid), keys.roomLive(room.sid))
      .catch(() => undefined);
    await Promise.race([subscribed, pause(subscribeWaitMs, waiting.signal)]);
    waiting.abort();
    await room.open();
  }

  #tellHere(sid: string, frame: string, audience: Audience): void {
    const room = this.#rooms.get(sid)?.room;
    if (!room) return;
    if (audience.word === "run" && room.answered.has(audience.key)) return;
    room.tell(frame, (member) => {
      if (audience.word === "presence") return member.wantsPresence;
      return audience.word !== "but" || member.key !== audience.key;
    });
  }

  readonly #onEntry = (room: Room, { id, body }: RoomEntry) => {
    const { metrics, now } = this.#options;
    metrics.lag.observe(Math.max(0, now() - addedAt(id)) / 1000);
    const jobId = body.bd["job_id"];
    if (body.hd.event !== "llm.response" || typeof jobId !== "string") return;
    room.answered.add(jobId);
    for (const oldest of room.answered) {
      if (room.answered.size <= answeredRuns) break;
      room.answered.delete(oldest);
    }
  };

  readonly #onMessage = (channel: string, message: string) => {
    if (channel.startsWith(bellPrefix)) {
      void this.#rooms.get(channel.slice(bellPrefix.length))?.room.wake();
    } else if (channel.startsWith(livePrefix)) {
      const { origin, to, frame } = parseLive(message);
      if (origin === this.#origin) return;
      this.#tellHere(channel.slice(livePrefix.length), frame, parseAudience(to));
    }
  };

  readonly #poll = () => {
    this.#wakeAll();
    for (const { room } of this.#rooms.values()) this.#options.onPoll?.(room.sid);
  };

  readonly #wakeAll = () => {
    for (const { room, opened } of this.#rooms.values()) {
      opened.then(
        () => room.wake(),
        () => undefined,
      );
    }
  };
}

const anySid = "" as Sid;
const bellPrefix = keys.roomBell(anySid);
const livePrefix = keys.roomLive(anySid);

function parseAudience(text: string): Audience {
  const [word, key] = text.split(" ", 2);
  if (word === "presence") return { word };
  if ((word === "but" || word === "run") && key !== undefined) return { word, key };
  return everybody;
}
