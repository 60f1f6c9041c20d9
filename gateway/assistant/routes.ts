import type { Route } from "../http/route.ts";
import { chat, chatDoc } from "./chat.ts";
import { legacyChat, legacyChatDoc } from "./legacy-chat.ts";
import { openSocket, openSocketDoc } from "./open-socket.ts";
import { forgetSession, forgetSessionDoc, readMessages, readMessagesDoc } from "./sessions.ts";

const base = "/api/v1/assistant";
// open: the handlers ask for the token themselves, where one is needed
const open = { role: "api", isOpen: true } as const;
const turn = { ...open, method: "POST", handle: chat, doc: chatDoc } as const;
const socket = { ...open, method: "GET", handle: openSocket, doc: openSocketDoc } as const;

export const assistantRoutes: readonly Route[] = [
  { ...turn, path: `${base}/chat` },
  { ...turn, path: "/chat" },
  {
    ...open,
    method: "POST",
    path: "/api/v1/chat/messages",
    handle: legacyChat,
    doc: legacyChatDoc,
  },
  { ...socket, path: `${base}/ws` },
  { ...socket, path: "/ws/chat" },
  {
    ...open,
    method: "GET",
    path: `${base}/sessions/:session_id/messages`,
    handle: readMessages,
    doc: readMessagesDoc,
  },
  {
    ...open,
    method: "DELETE",
    path: `${base}/sessions/:session_id`,
    handle: forgetSession,
    doc: forgetSessionDoc,
  },
];
