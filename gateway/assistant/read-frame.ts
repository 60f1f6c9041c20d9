import * as v from "valibot";
import { assistant as limits } from "../../shared/limits.ts";
import { atMost } from "../http/message-body.ts";
import { sidPattern } from "./session-id.ts";

const isClean = (text: string) => !text.includes("\0") && text.isWellFormed();

const Said = v.object({
  message: v.pipe(v.string(), v.trim(), atMost(limits.messageChars), v.check(isClean)),
  session_id: v.nullish(v.union([v.literal(""), v.pipe(v.string(), v.regex(sidPattern))])),
});
const Cancel = v.object({ type: v.literal("cancel"), message: v.optional(v.undefined()) });

export type ReadFrame =
  | { readonly word: "said"; readonly message: string; readonly sid: string | undefined }
  | { readonly word: "cancel" }
  | { readonly word: "bad" }
  | { readonly word: "empty" };

/** Reads a client's frame. */
export function readFrame(text: string): ReadFrame {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return { word: "bad" };
  }
  if (v.is(Cancel, data)) return { word: "cancel" };
  const said = v.safeParse(Said, Array.isArray(data) ? undefined : data);
  if (!said.success) return { word: "bad" };
  const { message, session_id: sid } = said.output;
  if (message === "") return { word: "empty" };
  return { word: "said", message, sid: sid || undefined };
}
