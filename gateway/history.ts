import type { ChatMessage } from "../shared/contract/api.ts";

/** A page of a chat's history, oldest message first. */
export interface Page {
  readonly messages: readonly ChatMessage[];
  readonly hasMore: boolean;
}

/** A message of a job PostgreSQL has not got yet. */
export type PendingMessage = ChatMessage;

interface Place {
  readonly t: string;
  readonly id: string | undefined;
  readonly r: 0 | 1;
}

/** Microseconds since 1970: below 2^53 until the year 2255. */
export function microsOf(isoTime: string): number {
  const fraction = /\.(\d{1,6})/.exec(isoTime)?.[1] ?? "";
  const wholeSeconds = Date.parse(isoTime.replace(/\.\d+/, ""));
  return wholeSeconds * 1000 + Number(fraction.padEnd(6, "0"));
}

const rankOf = (message: ChatMessage): 0 | 1 => (message.role === "assistant" ? 1 : 0);

function isBefore(message: ChatMessage, place: Place): boolean {
  const byTime = microsOf(message.created_at) - microsOf(place.t);
  if (byTime !== 0 || place.id === undefined) return byTime < 0;
  const byRole = rankOf(message) - place.r;
  return byRole !== 0 ? byRole < 0 : message.id < place.id;
}

export function placeOf(message: ChatMessage): Place & { id: string } {
  return { t: message.created_at, id: message.id, r: rankOf(message) };
}

/**
 * Pending messages sort after everything stored, in the order they were accepted: one that was accepted while
 * the answer before it was still being written must not stand before that answer. `pending` is in that order.
 */
export function placeAfter(
  newestAt: string | undefined,
  pending: readonly PendingMessage[],
): PendingMessage[] {
  let last = newestAt === undefined ? 0 : microsOf(newestAt);
  return pending.map((message) => {
    const own = microsOf(message.created_at);
    if (own > last) {
      last = own;
      return message;
    }
    last = (Math.floor(last / 1000) + 1) * 1000;
    return { ...message, created_at: new Date(last / 1000).toISOString() };
  });
}

/** The newest `limit` messages before a place. `stored`: newest first, and one more than `limit` if there is. */
export function mergePage(
  stored: readonly ChatMessage[],
  pending: readonly PendingMessage[],
  before: Place | undefined,
  limit: number,
): Page {
  const later = before ? pending.filter((message) => isBefore(message, before)) : pending;
  const all = [...stored.toReversed(), ...later];
  return { messages: all.slice(-limit), hasMore: all.length > limit };
}
