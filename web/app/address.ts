import { effect } from "@preact/signals";
import { chatId, openChat } from "./state/open-chat.ts";

/** `#/c/<chat id>` is the open chat, so that a reload, the back button and a bookmark find it. */
export function followAddress(): void {
  const idInAddress = () => /^#\/c\/([\da-f-]{36})$/i.exec(location.hash)?.[1];
  const open = () => void openChat(idInAddress());
  addEventListener("popstate", open);
  open();
  effect(() => {
    const id = chatId.value;
    if (id === idInAddress()) return;
    const hash = id === undefined ? "" : `#/c/${id}`;
    history.pushState(null, "", location.pathname + location.search + hash);
  });
}
