import * as v from "valibot";
import { modelRole, type RoomBody, Sid } from "../../shared/contract/rooms.ts";
import { rooms } from "../../shared/limits.ts";
import { cleanText } from "./text.ts";

/** What a frame may be told. */
export type FrameError =
  | "bad_json"
  | "bad_envelope"
  | "unknown_event"
  | "empty_text"
  | "too_long"
  | "sid_mismatch"
  | "forbidden_role";

export type FrameErrors = Readonly<Record<FrameError, string>>;

/** What senders are told, where a text has at most so many characters. */
export const frameErrors = (textChars: number): FrameErrors => ({
  bad_json: "the frame is not JSON",
  bad_envelope: 'send {"hd":{"event":…,"role":…},"bd":{…}}, hd and bd objects',
  unknown_event: "events are chat.message, llm.invoke, typing and ping",
  empty_text: "the text is missing or blank",
  too_long: `a text has at most ${textChars} characters, other keys ${rooms.extraBytes} bytes`,
  sid_mismatch: "hd.sid is another room",
  forbidden_role: "this role is taken by the service",
});

export type Frame =
  | {
      readonly word: "message";
      readonly isInvoke: boolean;
      readonly text: string;
      /** As it will be stored. */
      readonly body: RoomBody;
      /** Undefined: none was named, so it is `user`'s. */
      readonly named: string | undefined;
      readonly ref: string | undefined;
    }
  | { readonly word: "typing"; readonly on: boolean; readonly named: string | undefined }
  | { readonly word: "ping"; readonly bd: Readonly<Record<string, unknown>> }
  | { readonly word: "error"; readonly code: FrameError; readonly ref: string | undefined };

export const defaultRole = "user";
const reserved: readonly string[] = [modelRole, "system"];
const label = /^[\p{L}\p{N}_.:-]{1,32}$/u;

/** A label anybody may use; `llm` and `system` are not, however they are written. */
export function isRole(text: string): "role" | "reserved" | "none" {
  if (!label.test(text)) return "none";
  return reserved.includes(text.normalize("NFKC").toLowerCase()) ? "reserved" : "role";
}

const JsonObject = v.record(v.string(), v.unknown());
const Envelope = v.object({ hd: JsonObject, bd: JsonObject });

/** Reads a text frame. Never throws. */
export function readFrame(
  text: string,
  sid: Sid,
  defaultName: string | undefined,
  textChars: number,
): Frame {
  const fail = (code: FrameError, ref?: string): Frame => ({ word: "error", code, ref });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail("bad_json");
  }
  const envelope = v.safeParse(Envelope, value);
  if (!envelope.success || isArray(value)) return fail("bad_envelope");
  const { hd, bd } = envelope.output;
  const { event, role, sid: named, id, ts: _, ...otherHead } = hd;
  const ref = typeof id === "string" && id.length <= 64 ? id : undefined;
  if (typeof event !== "string") return fail("bad_envelope", ref);
  if (named !== undefined && named !== sid) return fail("sid_mismatch", ref);
  const who = role ?? defaultName;
  if (who !== undefined) {
    if (typeof who !== "string") return fail("bad_envelope", ref);
    const kind = isRole(who);
    if (kind !== "role") return fail(kind === "reserved" ? "forbidden_role" : "bad_envelope", ref);
  }
  switch (event) {
    case "ping":
      return { word: "ping", bd };
    case "typing":
      return { word: "typing", on: bd["on"] !== false, named: who };
    case "chat.message":
    case "llm.invoke":
      break;
    default:
      return fail("unknown_event", ref);
  }
  const { text: said, prompt, ...otherBody } = bd;
  const isInvoke = event === "llm.invoke";
  const raw = isInvoke ? (prompt ?? said) : said;
  if (raw === undefined || raw === null) return fail("empty_text", ref);
  if (typeof raw !== "string") return fail("bad_envelope", ref);
  const cleaned = cleanText(raw, textChars);
  if (cleaned.word === "empty") return fail("empty_text", ref);
  if (cleaned.word === "long") return fail("too_long", ref);
  if (cleaned.word === "broken") return fail("bad_envelope", ref);
  // a prompt beside a text of a message is a key like any other
  const rest = isInvoke || prompt === undefined ? otherBody : { prompt, ...otherBody };
  if (Buffer.byteLength(JSON.stringify([otherHead, rest])) > rooms.extraBytes) {
    return fail("too_long", ref);
  }
  const body = {
    hd: { event: "chat.message", role: who ?? defaultRole, ...otherHead },
    bd: { text: cleaned.text, ...rest },
  };
  return { word: "message", isInvoke, text: cleaned.text, body, named: who, ref };
}

const isArray = (value: unknown) => {
  const { hd, bd } = value as { hd: unknown; bd: unknown };
  return Array.isArray(hd) || Array.isArray(bd);
};
