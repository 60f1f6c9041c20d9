import { signal } from "@preact/signals";

/** What stands in the middle of the page: the chat, or a view that comes as a file of its own. */
export const lazyViews = ["scan", "collection", "rooms", "assistant"] as const;
export type LazyView = (typeof lazyViews)[number];

export const view = signal<LazyView | "chat">("chat");

/** `#/scan` names a view; every other address is the chat's. */
export function viewInAddress(): LazyView | undefined {
  const name = /^#\/(\w+)$/.exec(location.hash)?.[1];
  return lazyViews.find((one) => one === name);
}
