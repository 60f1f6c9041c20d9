import { news as limits } from "../../shared/limits.ts";
import type { Reach } from "../outbound.ts";
import { cleanUrl } from "./clean.ts";

/**
 * The picture a page names for itself (`og:image`), from its first characters. Null when there is none, the page is no
 * HTML, or cannot be had in time: never an error.
 */
export async function pageImage(
  reach: Reach,
  url: string,
  signal: AbortSignal,
): Promise<string | null> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.pageMs)]);
  try {
    const { message, url: at } = await reach(url, until);
    const onAbort = () => message.destroy();
    until.addEventListener("abort", onAbort, { once: true });
    try {
      if (!/\bhtml\b/i.test(message.headers["content-type"] ?? "")) return null;
      let head = "";
      const decoder = new TextDecoder();
      for await (const chunk of message as AsyncIterable<Uint8Array>) {
        head += decoder.decode(chunk, { stream: true });
        if (head.length >= limits.pageChars) break;
      }
      return await imageIn(head.slice(0, limits.pageChars), at);
    } finally {
      until.removeEventListener("abort", onAbort);
      message.destroy();
    }
  } catch {
    return null;
  }
}

/** Exported for the test. */
export async function imageIn(html: string, base: string): Promise<string | null> {
  const { Parser } = await import("htmlparser2");
  let found: string | null = null;
  const parser = new Parser({
    onopentag: (name, { property, name: ownName, content }) => {
      const says = (property ?? ownName)?.toLowerCase();
      if (found === null && name === "meta" && (says === "og:image" || says === "og:image:url"))
        found = cleanUrl(content, base);
    },
  });
  parser.end(html);
  return found;
}
