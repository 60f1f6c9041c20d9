import { batch, effect } from "@preact/signals";
import { chatId, openChat } from "./state/open-chat.ts";
import { view, viewInAddress } from "./state/view.ts";

/**
 * `#/c/<chat id>` is the open chat, `#/scan` and the like another view, so that a reload, the back button and a
 * bookmark find it. A chat stays open behind another view.
 */
export function followAddress(): void {
  const idInAddress = () => /^#\/c\/([\da-f-]{36})$/i.exec(location.hash)?.[1];
  const open = () => {
    const other = viewInAddress();
    batch(() => {
      view.value = other ?? "chat";
      if (other === undefined) void openChat(idInAddress());
    });
  };
  addEventListener("popstate", open);
  open();
  effect(() => {
    const [id, now] = [chatId.value, view.value];
    const isThere =
      now === "chat"
        ? viewInAddress() === undefined && id === idInAddress()
        : viewInAddress() === now;
    if (isThere) return;
    const hash = now !== "chat" ? `#/${now}` : id === undefined ? "" : `#/c/${id}`;
    history.pushState(null, "", location.pathname + location.search + hash);
  });
}
