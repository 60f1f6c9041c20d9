/** What one tab tells the others of this browser. */
export type TabNews =
  | { readonly type: "messages"; readonly chatId: string }
  | { readonly type: "chats" }
  /** A new tab has no token; one that has tells it, so that a second tab just works. */
  | { readonly type: "token-wanted" }
  | { readonly type: "token"; readonly token: string }
  | { readonly type: "signed-out" };

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("eco2") : undefined;

export function tellTabs(news: TabNews): void {
  channel?.postMessage(news);
}

export function onTabNews(take: (news: TabNews) => void): void {
  channel?.addEventListener("message", (event: MessageEvent<TabNews>) => take(event.data));
}
