import * as v from "valibot";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { jsonVoice } from "./json-voice.ts";
import { rawVoice } from "./raw-voice.ts";
import { talkWith } from "./talk.ts";

/** GET, upgraded: the assistant, word by word. `?format=json` for frames with types. */
export const openSocket: Handle = (c, deps) => {
  const mode = c.req.query("format") === "json" ? "json" : "raw";
  return deps.sockets.accept(c, deps, {
    kind: "assistant",
    needsToken: deps.rooms.needsToken,
    begin(connection) {
      const send = (text: string) => connection.send(text);
      return talkWith(connection, deps, mode === "json" ? jsonVoice(send) : rawVoice(send), mode);
    },
  });
};

export const openSocketDoc: RouteDoc = {
  summary: "Talk with the assistant over a WebSocket",
  description:
    "Send {message, session_id?}; the answer comes as text frames, then [DONE]. With format=json every frame is JSON with a type: session, stage, token, reset, done, error.",
  tag: "assistant",
  query: { format: v.optional(v.string()) },
  answers: { 101: { about: "the socket" } },
  errors: ["UPGRADE_REQUIRED", "UNAUTHORIZED"],
};
