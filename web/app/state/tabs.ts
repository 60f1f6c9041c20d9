/** What one tab tells the others of this browser. */
export type TabNews =
  | { readonly type: "messages"; readonly chatId: string }
  | { readonly type: "chats" }
  | { readonly type: "signed-out" };

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("eco2") : undefined;

export function tellTabs(news: TabNews): void {
  channel?.postMessage(news);
}

export function onTabNews(take: (news: TabNews) => void): void {
  channel?.addEventListener("message", (event: MessageEvent<TabNews>) => take(event.data));
}
