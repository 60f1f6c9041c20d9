import type { ApiAnswer } from "../../../shared/apis/http.ts";
import { ask } from "../../../shared/apis/http.ts";
import { type ApiResult, fail, failByStatus, succeed } from "../../../shared/apis/result.ts";
import { news as limits } from "../../../shared/limits.ts";
import { cleanText, cleanUrl, idOf, pressOf, readTime } from "../clean.ts";
import type { FetchNews, Found } from "../found.ts";

export interface FeedSettings {
  readonly url: string;
  /** What the feed is about; undefined: its articles say so. */
  readonly category: string | undefined;
  readonly retries?: number;
}

/** An RSS 2.0, RSS 1.0 or Atom feed. Times without a zone are Korean. */
export function rssNews({ url, category, retries }: FeedSettings): FetchNews {
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
      provider: "RSS",
      url: new URL(url),
      headers: { accept: "application/rss+xml, application/atom+xml, application/xml, text/xml" },
      timeoutMs: limits.callMs,
      retries,
      secrets: [],
    };
    return ask(request, read, signal);
  };
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
