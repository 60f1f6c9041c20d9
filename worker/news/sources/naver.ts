import * as v from "valibot";
import { ask, failNotJson, type ApiAnswer } from "../../../shared/apis/http.ts";
import {
  type ApiResult,
  fail,
  failByStatus,
  type FailureKind,
  succeed,
} from "../../../shared/apis/result.ts";
import { news as limits } from "../../../shared/limits.ts";
import { parseJson } from "../../../shared/parse-json.ts";
import { cleanText, cleanUrl, idOf, pressOf, readTime } from "../clean.ts";
import type { FetchNews, Found } from "../found.ts";

const defaultBaseUrl = "https://openapi.naver.com";

export interface NaverSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly baseUrl?: string | undefined;
  readonly retries?: number;
}

const Item = v.object({
  title: v.string(),
  originallink: v.optional(v.string(), ""),
  link: v.optional(v.string(), ""),
  description: v.optional(v.string(), ""),
  pubDate: v.string(),
});
const Body = v.object({ items: v.array(v.unknown()) });
const Refusal = v.object({ errorCode: v.string(), errorMessage: v.optional(v.string(), "") });

const kinds: Readonly<Record<string, FailureKind>> = {
  "024": "auth",
  "028": "auth",
  "010": "quota",
  "012": "quota",
};

/** Naver's news search, newest first. */
export function naverNews(settings: NaverSettings, query: string): FetchNews {
  const { clientId, clientSecret } = settings;
  return (signal) => {
    const url = new URL("/v1/search/news.json", settings.baseUrl ?? defaultBaseUrl);
    url.search = String(
      new URLSearchParams({ query, display: String(limits.perCall), sort: "date" }),
    );
    return ask(
      {
        provider: "Naver",
        url,
        headers: { "X-Naver-Client-Id": clientId, "X-Naver-Client-Secret": clientSecret },
        timeoutMs: limits.callMs,
        retries: settings.retries,
        secrets: [clientId, clientSecret],
      },
      read,
      signal,
    );
  };
}

function read(answer: ApiAnswer): ApiResult<readonly Found[]> {
  const json = parseJson(answer.text);
  const refusal = v.safeParse(Refusal, json);
  if (refusal.success) {
    const { errorCode, errorMessage } = refusal.output;
    const kind = kinds[errorCode];
    if (kind) return fail(kind, errorMessage, { status: answer.status, providerCode: errorCode });
    const status = answer.status === 200 ? 500 : answer.status; // an error in a good answer's body
    return failByStatus(status, errorMessage, errorCode);
  }
  const body = v.safeParse(Body, json);
  if (answer.status !== 200 || !body.success) return failNotJson(answer);
  return succeed(body.output.items.slice(0, limits.perCall).flatMap(toFound));
}

function toFound(raw: unknown): Found[] {
  const item = v.safeParse(Item, raw);
  if (!item.success) return [];
  const url = cleanUrl(item.output.originallink) ?? cleanUrl(item.output.link);
  const publishedMs = readTime(item.output.pubDate, "+09:00", Date.now());
  const title = cleanText(item.output.title, limits.titleChars);
  if (url === null || publishedMs === undefined || title === "") return [];
  return [
    {
      id: idOf("naver", url),
      url,
      title,
      snippet: cleanText(item.output.description, limits.snippetChars),
      source: "naver",
      source_name: pressOf(url),
      source_icon_url: null,
      thumbnail_url: null,
      video_url: null,
      keywords: null,
      ai_tag: null,
      publishedMs,
      hints: [],
    },
  ];
}
