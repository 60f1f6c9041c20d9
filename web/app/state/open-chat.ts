import { signal } from "@preact/signals";
import { readLocal, removeLocal, saveLocal } from "./local-messages.ts";
import { fromServer, isUnderway, type Message } from "./message.ts";
import { reconcile } from "./reconcile.ts";
import { client, codeOf, isRefused } from "./session.ts";
import { tellTabs } from "./tabs.ts";

/** The chat on the page; undefined: a new one, made when its first message is sent. */
export const chatId = signal<string | undefined>(undefined);
export const messages = signal<readonly Message[]>([]);
export const isChatLoading = signal(false);
export const isOlderLoading = signal(false);
export const hasOlder = signal(false);
export const chatError = signal<string | undefined>(undefined);

/** Chat id of what is written before the chat exists. */
export const newChat = "new";

/** The loaded part of the history, oldest first, and what this device has of the chat. */
let rows: readonly Message[] = [];
let own = new Map<string, Message>();
/** Put on the page, and not on this device yet: what is read there meanwhile is older. */
const unsaved = new Map<string, Message>();
let olderCursor: string | undefined;
const pageSize = 40;

/** Called with every message of the open chat that may still be running. */
let onUnderway: (found: readonly Message[]) => void = () => {};
export function whenUnderway(take: typeof onUnderway): void {
  onUnderway = take;
}

function show(): void {
  const oldest = rows[0]?.createdAt ?? 0;
  const local = [...own.values()].filter(
    (message) => !hasOlder.value || message.serverId !== null || message.createdAt >= oldest,
  );
  messages.value = reconcile(rows, local, Date.now());
}

function clear(id: string | undefined): void {
  chatId.value = id;
  rows = [];
  own = new Map();
  olderCursor = undefined;
  hasOlder.value = false;
  chatError.value = undefined;
  messages.value = [];
}

/** Shows a chat: what this device remembers at once, then what the server says. */
export async function openChat(id: string | undefined): Promise<void> {
  if (id === chatId.value && id !== undefined) return;
  clear(id);
  if (id === undefined) return;
  isChatLoading.value = true;
  takeOwn(await readLocal(id), id);
  await refreshChat();
}

/** Asks the server again; called on opening, when the tab was away, and when another tab has news. */
export async function refreshChat(): Promise<void> {
  const id = chatId.value;
  if (id === undefined) return;
  try {
    const page = await client.history(id, { limit: pageSize });
    if (chatId.value !== id) return;
    const fresh = page.messages.map((message) => fromServer(id, message));
    const freshIds = new Set(fresh.map((row) => row.serverId));
    const isNextTo = rows.some((row) => freshIds.has(row.serverId));
    rows = isNextTo ? [...rows.filter((row) => !freshIds.has(row.serverId)), ...fresh] : fresh;
    if (!isNextTo) {
      olderCursor = page.next_cursor ?? undefined;
      hasOlder.value = page.has_more;
    }
    chatError.value = undefined;
  } catch (error) {
    if (chatId.value === id && !isRefused(error)) chatError.value = codeOf(error);
  } finally {
    if (chatId.value === id) isChatLoading.value = false;
  }
  if (chatId.value !== id) return;
  takeOwn(await readLocal(id), id);
  show();
  onUnderway(messages.value.filter(isUnderway));
}

function takeOwn(found: readonly Message[], id: string): void {
  if (chatId.value !== id) return;
  for (const message of found) {
    // what this tab is in the middle of is newer than what was saved, and what ended stays ended
    const known = own.get(message.clientId);
    if (known && (isUnderway(known) || (known.status === "committed" && isUnderway(message))))
      continue;
    own.set(message.clientId, unsaved.get(message.clientId) ?? message);
  }
  show();
}

export async function loadOlder(): Promise<void> {
  const id = chatId.value;
  if (id === undefined || olderCursor === undefined || isOlderLoading.value) return;
  isOlderLoading.value = true;
  try {
    const page = await client.history(id, { limit: pageSize, cursor: olderCursor });
    if (chatId.value !== id) return;
    const known = new Set(rows.map((row) => row.serverId));
    const older = page.messages.filter((message) => !known.has(message.id));
    rows = [...older.map((message) => fromServer(id, message)), ...rows];
    olderCursor = page.next_cursor ?? undefined;
    hasOlder.value = page.has_more;
    show();
  } catch (error) {
    isRefused(error);
  } finally {
    isOlderLoading.value = false;
  }
}

/** Puts messages on the page, if their chat is on it, and on this device. */
export async function putMessages(changed: readonly Message[], tellsTabs = true): Promise<void> {
  const [first] = changed;
  if (!first) return;
  if (first.chatId === (chatId.value ?? newChat)) {
    for (const message of changed) own.set(message.clientId, message);
    show();
  }
  if (first.chatId === newChat) return;
  for (const message of changed) unsaved.set(message.clientId, message);
  await saveLocal(changed);
  for (const message of changed) {
    if (unsaved.get(message.clientId) === message) unsaved.delete(message.clientId);
  }
  if (tellsTabs) tellTabs({ type: "messages", chatId: first.chatId });
}

export async function dropMessages(id: string, clientIds: readonly string[]): Promise<void> {
  if (id === (chatId.value ?? newChat)) {
    for (const clientId of clientIds) own.delete(clientId);
    show();
  }
  await removeLocal(clientIds);
}

/** A new chat got its id; what was written in it goes along, if it is still on the page. */
export function adoptChat(id: string): void {
  if (chatId.value !== undefined) return;
  for (const [key, message] of own) own.set(key, { ...message, chatId: id });
  chatId.value = id;
}

/** Later than everything on the page, whatever the clocks say. */
export function nextTime(): number {
  return Math.max(Date.now(), (messages.value.at(-1)?.createdAt ?? 0) + 1);
}
