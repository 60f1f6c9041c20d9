import { loadChats } from "./state/chats.ts";
import { forgetLocal } from "./state/local-messages.ts";
import { chatId, openChat, refreshChat } from "./state/open-chat.ts";
import { isOffline, signIn, signOut, takeToken, token } from "./state/session.ts";
import { onTabNews, type TabNews, tellTabs } from "./state/tabs.ts";
import { allTurns } from "./state/turns.ts";

/** A tab that was away this long may have missed messages from other devices. */
const awayMs = 30_000;

/** Network, visibility and other tabs: whatever changes outside the page. */
export function watchWorld(): void {
  let hiddenAt = 0;
  const wake = () => {
    for (const turn of allTurns()) turn.wake();
  };
  addEventListener("online", () => {
    isOffline.value = false;
    wake();
    void refreshChat();
  });
  addEventListener("offline", () => (isOffline.value = true));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hiddenAt = Date.now();
      return;
    }
    wake();
    if (Date.now() - hiddenAt > awayMs) void Promise.all([refreshChat(), loadChats(true)]);
  });
  // a link with a token, opened where the page is already open
  addEventListener("hashchange", () => {
    if (!location.hash.startsWith("#token=")) return;
    takeToken();
    if (token.value !== undefined) void enter(token.value);
  });
  onTabNews(takeNews);
  if (token.peek() === undefined) tellTabs({ type: "token-wanted" });
}

function takeNews(news: TabNews): void {
  switch (news.type) {
    case "chats":
      return void loadChats(true);
    case "messages":
      return news.chatId === chatId.peek() ? void refreshChat() : undefined;
    case "token-wanted": {
      const own = token.peek();
      return own === undefined ? undefined : tellTabs({ type: "token", token: own });
    }
    case "token":
      return token.peek() === undefined ? void enter(news.token) : undefined;
    case "signed-out":
      signOut();
      return location.reload();
  }
}

/** Someone signed in: everything that waited for it goes on. */
export async function enter(given: string): Promise<void> {
  signIn(given);
  await Promise.all([loadChats(true), refreshChat()]);
}

/** Forgets the token and everything this device kept. */
export async function leave(): Promise<void> {
  for (const turn of allTurns()) turn.abort();
  // a pasted token is only forgotten: it may be good elsewhere
  if (token.peek() === undefined)
    await fetch("/api/v1/auth/logout", { method: "POST" }).catch(() => undefined);
  signOut();
  await forgetLocal();
  tellTabs({ type: "signed-out" });
  await openChat(undefined);
  location.reload();
}
