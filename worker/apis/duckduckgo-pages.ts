import * as v from "valibot";
import { type ApiResult, fail, succeed } from "../../shared/apis/result.ts";
import { parseJson } from "../../shared/parse-json.ts";
import { type SearchHit, toHit } from "./search-hit.ts";
import { asList, field, goodRows, LooseText } from "../../shared/apis/wire.ts";

interface Draft {
  href: string;
  title: string;
  snippet: string;
  isAd: boolean;
}

/** The hits of a result page. A challenge instead of results is `quota`. */
export async function readPage(html: string): Promise<ApiResult<readonly SearchHit[]>> {
  const drafts: Draft[] = [];
  let isChallenge = false;
  const last = () => drafts.at(-1);
  const rewriter = new HTMLRewriter()
    .on("form[id*=challenge], .anomaly-modal__modal, form[action*=anomaly]", {
      element: () => {
        isChallenge = true;
      },
    })
    .on(".result", {
      element(element) {
        const isAd = (element.getAttribute("class") ?? "").split(/\s+/).includes("result--ad");
        drafts.push({ href: "", title: "", snippet: "", isAd });
      },
    })
    .on(".result a.result__a", {
      element(element) {
        const draft = last();
        if (draft) draft.href = unescape(element.getAttribute("href") ?? "");
      },
      text(piece) {
        const draft = last();
        if (draft) draft.title += piece.text;
      },
    })
    .on(".result .result__snippet", {
      text(piece) {
        const draft = last();
        if (draft) draft.snippet += piece.text;
      },
    });
  await rewriter.transform(new Response(html)).text();
  if (isChallenge) return fail("quota", "a challenge instead of results");
  const hits = drafts.flatMap((draft) => {
    const target = draft.isAd ? undefined : targetOf(draft.href);
    const hit = target && toHit(unescape(draft.title), target, unescape(draft.snippet));
    return hit ? [hit] : [];
  });
  return hits.length > 0 ? succeed(hits) : fail("not_found", "no results");
}

/** Links go through the site's own redirect; advertisements through another. */
function targetOf(href: string): string | undefined {
  if (!URL.canParse(href, "https://duckduckgo.com")) return undefined;
  const url = new URL(href, "https://duckduckgo.com");
  const isOwn = /(^|\.)duckduckgo\.com$/.test(url.hostname);
  if (!isOwn) return url.href;
  return url.pathname === "/l/" ? (url.searchParams.get("uddg") ?? undefined) : undefined;
}

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&#39;": "'",
  "&#x27;": "'",
  "&nbsp;": " ",
  "&amp;": "&",
};

function unescape(text: string): string {
  return text.replace(/&(?:lt|gt|quot|apos|#39|#x27|nbsp|amp);/gi, (name) => {
    return entities[name.toLowerCase()] ?? name;
  });
}

const Topic = v.object({ Text: LooseText, FirstURL: v.pipe(LooseText, v.string()) });

/** The hits of an instant answer: its abstract, then related topics, nested ones too. */
export function readInstant(text: string): ApiResult<readonly SearchHit[]> {
  const json = parseJson(text);
  if (typeof json !== "object" || json === null) return fail("bad_response", "not JSON");
  const said = (name: string) => {
    const value = field(json, name);
    return typeof value === "string" ? value : "";
  };
  const topics = asList(field(json, "RelatedTopics")).flatMap((topic) => [
    topic,
    ...asList(field(topic, "Topics")),
  ]);
  const rows = goodRows(Topic, [...asList(field(json, "Results")), ...topics]);
  const drafts = [
    toHit(said("Heading"), said("AbstractURL"), said("AbstractText")),
    ...rows.map((row) => toHit(row.Text ?? "", row.FirstURL, row.Text ?? "")),
  ];
  const hits = drafts.filter((hit) => hit !== undefined);
  return hits.length > 0 ? succeed(hits) : fail("not_found", "no instant answer");
}
