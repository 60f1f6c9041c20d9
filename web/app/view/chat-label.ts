import type { ChatSummary } from "../../client/wire.ts";
import { texts } from "../texts.ts";

/** What a chat is called: its title, else the beginning of its preview without the marks of Markdown. */
export function labelOf(chat: ChatSummary): string {
  if (chat.title !== null) return chat.title;
  const plain = (chat.preview ?? "")
    .replaceAll(/^\s*(?:#{1,6}|>|[-*]|\d+\.)\s+/gm, "")
    .replaceAll(/\*\*|`/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return plain === "" ? texts.value.untitled : plain;
}
