import type { ApiAnswer } from "../../../shared/apis/http.ts";
import { ask } from "../../../shared/apis/http.ts";
import { type ApiResult, fail, failByStatus, succeed } from "../../../shared/apis/result.ts";
import { news as limits } from "../../../shared/limits.ts";
import type { Reach } from "../../outbound.ts";
import { cleanText, cleanUrl, idOf, pressOf, readTime } from "../clean.ts";
import type { FetchNews, Found } from "../found.ts";

export interface FeedSettings {
  /** An operator's choice: asked as it is. Where it sends us on to is a stranger's, and asked through the guard. */
  readonly url: string;
  readonly reach: Reach;
  /** What the feed is about; undefined: its articles say so. */
  readonly category: string | undefined;
  readonly retries?: number;
}

/** An RSS 2.0, RSS 1.0 or Atom feed. Times without a zone are Korean. Papers move their feeds to a CDN and redirect. */
export function rssNews({ url, reach, category, retries }: FeedSettings): FetchNews {
  return async (signal) => {
    const { parseDocument, DomUtils } = await import("htmlparser2"); // most workers never collect
    const read = (answer: ApiAnswer): ApiResult<readonly Found[]> => {
      if (answer.status !== 200) return failByStatus(answer.status, "no feed");
      const document = parseDocument(answer.text, { xmlMode: true, decodeEntities: true });
      const root = document.children.find((child) => "attribs" in child);
      if (!root || !/^(rss|feed|rdf:rdf)$/i.test(root.name))
        return fail("bad_response", `not a feed: <${root?.name ?? "nothing"}>`, { status: 200 });
      const items = DomUtils.getElementsByTagName(
        (name) => name === "item" || name === "entry",
        root,
        true,
        limits.perCall,
      );
      return succeed(items.flatMap((item) => toFound(fieldsOf(item), category)));
    };
    const fieldsOf = (item: Parameters<typeof DomUtils.getChildren>[0]): Fields => {
      const fields: Record<string, string> = {};
      for (const child of DomUtils.getChildren(item)) {
        if (!("attribs" in child)) continue;
        const { name, attribs } = child;
        const isOther = name === "link" && (attribs["rel"] ?? "alternate") !== "alternate";
        if (isOther) continue;
        const text = DomUtils.textContent(child).trim();
        const isImage = name !== "enclosure" || attribs["type"]?.startsWith("image/") === true;
        fields[name] ??= text || attribs["href"] || (isImage ? attribs["url"] : "") || "";
      }
      return fields;
    };
    const request = {
      provider: `RSS ${new URL(url).host}`,
      url: new URL(url),
      headers: {
        accept: "application/rss+xml, application/atom+xml, application/xml, text/xml",
        "user-agent": "Mozilla/5.0 (compatible; eco2-bot/1.0)",
      },
      timeoutMs: limits.callMs,
      retries,
      secrets: [],
    };
    let movedTo: string | undefined;
    const first = await ask(
      request,
      (answer) => {
        const location = answer.headers.get("location") ?? "";
        const isMoved = answer.status >= 300 && answer.status < 400 && URL.canParse(location, url);
        if (!isMoved) return read(answer);
        movedTo = new URL(location, url).href;
        return succeed([]);
      },
      signal,
    );
    if (movedTo === undefined) return first;
    try {
      const text = await readFrom(reach, movedTo, signal);
      return read({ status: 200, headers: new Headers(), text });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : "no answer";
      return fail("network", `${request.provider}: sent on to ${new URL(movedTo).host}: ${why}`);
    }
  };
}

async function readFrom(reach: Reach, url: string, signal: AbortSignal): Promise<string> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.callMs)]);
  const { message } = await reach(url, until);
  const stop = () => message.destroy();
  until.addEventListener("abort", stop, { once: true });
  try {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > limits.feedChars) throw new Error("the body is too large");
    }
    until.throwIfAborted(); // half a feed is none
    return text + decoder.decode();
  } finally {
    until.removeEventListener("abort", stop);
    message.destroy();
  }
}

type Fields = Readonly<Record<string, string>>;

function toFound(fields: Fields, category: string | undefined): Found[] {
  const url = cleanUrl(fields["link"]) ?? cleanUrl(fields["guid"]) ?? cleanUrl(fields["id"]);
  const time = fields["pubDate"] ?? fields["dc:date"] ?? fields["published"] ?? fields["updated"];
  const publishedMs = readTime(time, "+09:00", Date.now());
  const title = cleanText(fields["title"], limits.titleChars);
  if (url === null || publishedMs === undefined || title === "") return [];
  const text = fields["description"] ?? fields["summary"] ?? fields["content"];
  const image = fields["media:thumbnail"] ?? fields["media:content"] ?? fields["enclosure"];
  return [
    {
      id: idOf("rss", url),
      url,
      title,
      snippet: cleanText(text, limits.snippetChars),
      source: "rss",
      source_name: pressOf(url),
      source_icon_url: null,
      thumbnail_url: cleanUrl(image),
      video_url: null,
      keywords: null,
      ai_tag: null,
      publishedMs,
      hints: category === undefined ? [] : [category],
    },
  ];
}
