import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Message } from "./message.ts";

/** What this device remembers of its chats, so that a reload loses nothing. */
interface Schema extends DBSchema {
  messages: {
    key: string;
    value: Message & { readonly savedAt: number };
    indexes: { chat_time: [string, number]; saved: number };
  };
}

const keepMs = 7 * 24 * 3600 * 1000;

let opening: Promise<IDBPDatabase<Schema> | undefined> | undefined;

/** Undefined where the browser has none (private windows, blocked storage): the page works without. */
function open(): Promise<IDBPDatabase<Schema> | undefined> {
  opening ??= openDB<Schema>("eco2", 1, {
    upgrade(db) {
      const messages = db.createObjectStore("messages", { keyPath: "clientId" });
      messages.createIndex("chat_time", ["chatId", "createdAt"]);
      messages.createIndex("saved", "savedAt");
    },
    // another tab wants a newer version: let it, and open anew when next needed
    blocking: () => void closeLocal(),
    terminated: () => (opening = undefined),
  }).catch(() => undefined);
  return opening;
}

async function closeLocal(): Promise<void> {
  const db = await opening;
  opening = undefined;
  db?.close();
}

/** Saves what changed. A full disk frees the oldest half and tries once more, then goes without. */
export async function saveLocal(messages: readonly Message[]): Promise<boolean> {
  const db = await open();
  if (!db || messages.length === 0) return false;
  const write = async () => {
    const transaction = db.transaction("messages", "readwrite");
    const savedAt = Date.now();
    const puts = messages.map((message) => transaction.store.put({ ...message, savedAt }));
    await Promise.all([...puts, transaction.done]);
    return true;
  };
  return write().catch(async (cause: unknown) => {
    if (!(cause instanceof DOMException) || cause.name !== "QuotaExceededError") return false;
    return (await dropOldestHalf(db)) ? write().catch(() => false) : false;
  });
}

/** The messages of a chat, oldest first. */
export async function readLocal(chatId: string): Promise<Message[]> {
  const db = await open();
  const range = IDBKeyRange.bound([chatId, 0], [chatId, Number.MAX_SAFE_INTEGER]);
  const found = await db?.getAllFromIndex("messages", "chat_time", range).catch(() => []);
  return found ?? [];
}

export async function removeLocal(clientIds: readonly string[]): Promise<void> {
  const db = await open();
  if (db) await Promise.all(clientIds.map((id) => db.delete("messages", id))).catch(() => {});
}

/** Forgets a chat, or with no chat everything: the next person at this device sees nothing. */
export async function forgetLocal(chatId?: string): Promise<void> {
  const db = await open();
  if (chatId === undefined) await db?.clear("messages").catch(() => {});
  else await removeLocal((await readLocal(chatId)).map((message) => message.clientId));
}

/** Forgets what is older than seven days. */
export async function cleanLocal(nowMs: number): Promise<void> {
  const db = await open();
  const old = IDBKeyRange.upperBound(nowMs - keepMs);
  const ids = await db?.getAllKeysFromIndex("messages", "saved", old).catch(() => []);
  await removeLocal(ids ?? []);
}

async function dropOldestHalf(db: IDBPDatabase<Schema>): Promise<boolean> {
  const ids = await db.getAllKeysFromIndex("messages", "saved").catch(() => []);
  const half = ids.slice(0, Math.ceil(ids.length / 2));
  await removeLocal(half);
  return half.length > 0;
}
