import { signal } from "@preact/signals";
import type { ChatSummary } from "../../client/wire.ts";
import { forgetLocal } from "./local-messages.ts";
import { client, codeOf, isRefused } from "./session.ts";
import { tellTabs } from "./tabs.ts";

export const chats = signal<readonly ChatSummary[]>([]);
export const isListLoading = signal(false);
/** Code of what went wrong with the list. */
export const listError = signal<string | undefined>(undefined);
/** Null: that was all; undefined: not asked yet. */
const cursor = signal<string | null | undefined>(undefined);
export const hasMoreChats = () => cursor.value !== null;

const pageSize = 30;
/** News came while a page was under way, which may be from before it. */
let isAskedAgain = false;

/** Loads the next page; the first one anew when `isFresh`. */
export async function loadChats(isFresh = false): Promise<void> {
  if (isListLoading.value) {
    isAskedAgain ||= isFresh;
    return;
  }
  if (!isFresh && cursor.value === null) return;
  isListLoading.value = true;
  try {
    const from = isFresh ? undefined : (cursor.value ?? undefined);
    const page = await client.chats.list({ limit: pageSize, cursor: from });
    const ids = new Set(page.chats.map((chat) => chat.id));
    const others = chats.value.filter((chat) => !ids.has(chat.id));
    chats.value = isFresh ? page.chats : [...others, ...page.chats];
    cursor.value = page.next_cursor;
    listError.value = undefined;
  } catch (error) {
    if (!isRefused(error)) listError.value = codeOf(error);
  } finally {
    isListLoading.value = false;
  }
  if (!isAskedAgain) return;
  isAskedAgain = false;
  await loadChats(true);
}

export async function createChat(): Promise<string> {
  const { id, title, created_at } = await client.chats.create();
  const chat = { id, title, created_at, preview: null, message_count: 0, last_message_at: null };
  chats.value = [chat, ...chats.value];
  return id;
}

/** A message went there: its chat comes first. */
export function touchChat(id: string, preview: string): void {
  const chat = chats.value.find((one) => one.id === id);
  if (!chat) return void loadChats(true);
  const last_message_at = new Date().toISOString();
  const touched = { ...chat, preview: chat.preview ?? preview.slice(0, 100), last_message_at };
  chats.value = [touched, ...chats.value.filter((one) => one.id !== id)];
  tellTabs({ type: "chats" });
}

/** Renames at once, and takes it back when the server does not agree. */
export async function renameChat(id: string, title: string): Promise<boolean> {
  const before = chats.value;
  chats.value = before.map((chat) => (chat.id === id ? { ...chat, title } : chat));
  return settle(client.chats.rename(id, title), before);
}

export async function removeChat(id: string): Promise<boolean> {
  const before = chats.value;
  chats.value = before.filter((chat) => chat.id !== id);
  const isGone = await settle(client.chats.remove(id), before);
  if (isGone) await forgetLocal(id);
  return isGone;
}

async function settle(request: Promise<void>, before: readonly ChatSummary[]): Promise<boolean> {
  try {
    await request;
    tellTabs({ type: "chats" });
    return true;
  } catch (error) {
    if (codeOf(error) === "CHAT_NOT_FOUND") return true; // another tab or device was first
    isRefused(error);
    chats.value = before;
    return false;
  }
}
