// Links and pictures of an answer, as it streams: those to allowed hosts pass, all others become plain text.
// A model repeats what pages and services told it, and a link is how such a text reaches out.

import { isOwnImageUrl } from "../../shared/images/own-image.ts";

/** Public offices, the map the places come from, and who picks up appliances. */
const trusted = ["go.kr", "map.kakao.com", "place.map.kakao.com", "15990903.or.kr", "keco.or.kr"];
/** Longest link that is held back; a longer one is shown as it comes, with its bracket disarmed. */
const heldChars = 2000;

/** Starts of what may be a link, a picture or a tag. */
const start = /!?\[|<(?=[a-z/!?])|(?:https?:\/\/|www\.)/i;
/** A text without any of these neither holds nor begins one. */
const mayStart = /[![<hw]/i;
const startPart = /(?:!|<|h|ht|htt|https?|https?:|https?:\/|w|ww|www)$/i;
const markdownLink =
  /^(!?)\[([^[\]\n]{0,500})\]\(\s*<?([^\s()<>]{0,1500})>?(?:\s+["'(][^\n]{0,300}?["')])?\s*\)/;
const bareLink = /^(?:https?:\/\/|www\.)[^\s<>"'`)\]}|\\^]*/i;

export interface LinkGuard {
  /** What may be shown of the text so far. */
  add(text: string): string;
  /** What is left at the end. */
  rest(): string;
}

/** `hosts`: beside the trusted ones; with a scheme it is the base of our own pictures, and good for those alone. */
export function guardLinks(hosts: readonly string[]): LinkGuard {
  const allowed = [...trusted, ...hosts];
  let held = "";

  const take = (isEnd: boolean): string => {
    let shown = "";
    for (;;) {
      const at = start.exec(held)?.index;
      if (at === undefined) {
        const part = isEnd ? undefined : startPart.exec(held)?.index;
        const cut = part ?? held.length;
        shown += held.slice(0, cut);
        held = held.slice(cut);
        return shown;
      }
      shown += held.slice(0, at);
      held = held.slice(at);
      const read = readOne(held, isEnd, allowed);
      if (!read) return shown;
      shown += read.shown;
      held = held.slice(read.length);
    }
  };
  return {
    add: (text) => {
      // most words hold nothing of this: 0.3 µs instead of 1.5 (2 vCPU, 2026-11-21)
      if (held === "" && !mayStart.test(text)) return text;
      held += text;
      return take(false);
    },
    rest: () => take(true),
  };
}

interface Read {
  readonly shown: string;
  /** Characters of the text it stands for. */
  readonly length: number;
}

/** Reads what starts the text; undefined while its end has not come. */
function readOne(text: string, isEnd: boolean, allowed: readonly string[]): Read | undefined {
  if (text.startsWith("<")) return { shown: "\\<", length: 1 };
  if (text.startsWith("[") || text.startsWith("![")) {
    const link = markdownLink.exec(text);
    if (link) return { shown: showLink(link, allowed), length: link[0].length };
    const mayGoOn = /^!?\[[^[\]\n]*(?:\](?:\([^)\n]*)?)?$/.test(text) && text.length < heldChars;
    if (mayGoOn && !isEnd) return undefined;
    const mark = text.startsWith("!") ? 2 : 1;
    // a bracket that is no link of ours to check: its words stay, references and half links do not work
    return { shown: text.slice(0, mark).replace("[", "\\["), length: mark };
  }
  const bare = bareLink.exec(text)?.[0] ?? "";
  if (bare.length === text.length && !isEnd && text.length < heldChars) return undefined;
  const url = bare.replace(/[.,:;!?]{1,100}$/, "");
  return { shown: isAllowed(url, allowed) ? url : `\`${url}\``, length: url.length };
}

function showLink(
  [whole = "", mark, words = "", url = ""]: RegExpExecArray,
  allowed: readonly string[],
) {
  if (isAllowed(url, allowed)) return whole;
  const name = mark === "!" && words === "" ? "그림" : words;
  return `${name.replace(/https?:\/\/|www\./gi, "")} (\`${url.replaceAll("`", "")}\`)`;
}

function isAllowed(address: string, allowed: readonly string[]): boolean {
  if (allowed.some((one) => one.includes("://") && isOwnImageUrl(address, one))) return true;
  const url = /^www\./i.test(address) ? `https://${address}` : address;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return false;
  const { hostname, username, password, port } = new URL(url);
  if (username !== "" || password !== "" || port !== "") return false;
  return allowed.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}
