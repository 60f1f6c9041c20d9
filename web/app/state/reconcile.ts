import { isUnderway, type Message } from "./message.ts";

/** A finished answer may be on its way to the database this long. */
export const rowBufferMs = 30_000;

/**
 * One list from what the server's history says and what this device has. The server decides about everything it
 * has; this device keeps what the server cannot have yet: messages under way, failures, and finished ones that
 * are younger than the buffer. `server`: the loaded part of the history, oldest first.
 */
export function reconcile(
  server: readonly Message[],
  local: readonly Message[],
  nowMs: number,
): Message[] {
  const partners = pair(server, local);
  const merged = server.map((row) => {
    const own = partners.get(row);
    return own === undefined ? row : merge(row, own);
  });
  const taken = new Set(partners.values());
  const kept = local.filter((message) => !taken.has(message) && isKept(message, nowMs));
  return inOrder([...merged, ...kept]);
}

/** The server's text and times, under the key the element already has. A running answer stays ours. */
function merge(row: Message, own: Message): Message {
  if (own.role === "assistant" && isUnderway(own)) return own;
  return {
    ...own,
    serverId: row.serverId,
    content: row.content,
    imageUrl: row.imageUrl,
    createdAt: row.createdAt,
    metadata: row.metadata ?? own.metadata,
    // the ending this device saw says more than a row that is still on its way
    failure: row.failure ?? (own.serverId === null ? null : own.failure),
    status: isUnderway(own) ? own.status : "committed",
  };
}

function isKept(message: Message, nowMs: number): boolean {
  if (message.status !== "committed") return true;
  return message.committedAt !== null && nowMs - message.committedAt < rowBufferMs;
}

/** Which local message a row is: by id, by job, or — the answer did not say yet — newest first by its text. */
function pair(server: readonly Message[], local: readonly Message[]): Map<Message, Message> {
  const pairs = new Map<Message, Message>();
  const left = new Set(local);
  const take = (row: Message, own: Message | undefined) => {
    if (own === undefined) return;
    pairs.set(row, own);
    left.delete(own);
  };
  const find = (is: (own: Message) => boolean) => {
    for (const own of left) if (is(own)) return own;
    return undefined;
  };
  for (const row of server)
    take(
      row,
      find((own) => own.serverId === row.serverId),
    );
  for (const row of server) {
    if (pairs.has(row) || row.jobId === null) continue;
    take(
      row,
      find((own) => own.jobId === row.jobId && own.role === row.role),
    );
  }
  const unnamed = [...left].filter((own) => own.serverId === null && own.jobId !== null).reverse();
  for (const own of unnamed) {
    if (own.role !== "user") continue;
    const row = server.findLast(
      (one) => one.role === "user" && !pairs.has(one) && one.content === own.content,
    );
    if (row) take(row, own);
  }
  return pairs;
}

/** By time; what is still under way comes last, in the order it was sent. */
function inOrder(messages: readonly Message[]): Message[] {
  const at = (message: Message) => (isUnderway(message) ? Infinity : message.createdAt);
  const place = new Map(messages.map((message, index) => [message, index]));
  return [...messages].sort((a, b) => {
    const [timeA, timeB] = [at(a), at(b)];
    if (timeA !== timeB) return timeA - timeB;
    if (timeA === Infinity && a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
    if (a.role !== b.role && a.createdAt === b.createdAt) return a.role === "user" ? -1 : 1;
    return (place.get(a) ?? 0) - (place.get(b) ?? 0);
  });
}
