import type { Route } from "../http/route.ts";
import { connectRoom, connectRoomDoc } from "./connect.ts";
import { readHistory, readHistoryDoc } from "./history.ts";
import { openRoom, openRoomDoc } from "./open-room.ts";

// open: the handlers ask for the token themselves, where one is needed
const open = { role: "api", isOpen: true } as const;
const socket = { ...open, method: "GET", handle: openRoom } as const;
const history = { ...open, method: "GET", handle: readHistory, doc: readHistoryDoc } as const;

export const roomRoutes: readonly Route[] = [
  { ...socket, path: "/v1/session/chat", doc: openRoomDoc },
  { ...socket, path: "/api/v1/rooms/:sid/ws", doc: openRoomDoc },
  { ...history, path: "/api/chat/history/:session_id" },
  { ...history, path: "/api/v1/rooms/:sid/history" },
  {
    ...open,
    method: "POST",
    path: "/v1/session/connect",
    handle: connectRoom,
    doc: connectRoomDoc,
  },
];
