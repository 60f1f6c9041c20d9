import * as v from "valibot";
import { ask, failNotJson, type ApiAnswer } from "../../../shared/apis/http.ts";
import { type ApiResult, fail, failByStatus, succeed } from "../../../shared/apis/result.ts";
import { news as limits } from "../../../shared/limits.ts";
import { parseJson } from "../../../shared/parse-json.ts";
import { cleanText, cleanUrl, idOf, pressOf, readTime } from "../clean.ts";
import type { FetchNews, Found } from "../found.ts";

const defaultBaseUrl = "https://newsdata.io";

export interface NewsDataSettings {
  readonly key: string;
  readonly baseUrl?: string | undefined;
  readonly retries?: number;
}

const Item = v.object({
  article_id: v.nullish(v.string()),
  title: v.string(),
  link: v.string(),
  description: v.nullish(v.unknown()),
  content: v.nullish(v.unknown()),
  pubDate: v.string(),
  image_url: v.nullish(v.unknown()),
  source_id: v.nullish(v.string()),
  source_name: v.nullish(v.string()),
  source_icon: v.nullish(v.unknown()),
  video_url: v.nullish(v.unknown()),
  keywords: v.nullish(v.unknown()),
  category: v.nullish(v.unknown()),
  ai_tag: v.nullish(v.unknown()),
  duplicate: v.nullish(v.unknown()),
});
const Body = v.object({ status: v.literal("success"), results: v.array(v.unknown()) });
const Refusal = v.object({
  status: v.literal("error"),
  results: v.object({ message: v.optional(v.string(), ""), code: v.optional(v.string(), "") }),
});

/** NewsData's latest articles; ten a call on the free plan. */
export function newsDataNews(settings: NewsDataSettings, query: string): FetchNews {
  return (signal) => {
    const url = new URL("/api/1/latest", settings.baseUrl ?? defaultBaseUrl);
    const params = {
      apikey: settings.key,
      q: query.slice(0, 100),
      language: "ko,en",
      size: "10",
      removeduplicate: "1",
    };
    url.search = String(new URLSearchParams(params));
    return ask(
      {
        provider: "NewsData",
        url,
        timeoutMs: limits.callMs,
        retries: settings.retries,
        secrets: [settings.key],
      },
      read,
      signal,
    );
  };
}

function read(answer: ApiAnswer): ApiResult<readonly Found[]> {
  const json = parseJson(answer.text);
  const refusal = v.safeParse(Refusal, json);
  if (refusal.success) return failOf(answer.status, refusal.output.results);
  const body = v.safeParse(Body, json);
  if (answer.status !== 200 || !body.success) return failNotJson(answer);
  return succeed(body.output.results.slice(0, limits.perCall).flatMap(toFound));
}

function failOf(status: number, { message, code }: { message: string; code: string }) {
  if (/unauthori[sz]ed|apikey/i.test(code))
    return fail("auth", message, { status, providerCode: code });
  if (/limit|quota|toomany/i.test(code))
    return fail("quota", message, { status, providerCode: code });
  // an error in a good answer's body
  return failByStatus(status === 200 ? 500 : status, message, code);
}

/** Texts of fields the plan does not include are sentences that say so. */
const paid = (value: unknown) =>
  typeof value === "string" && /^\s*ONLY AVAILABLE/i.test(value) ? undefined : value;
const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => {
    const text = cleanText(paid(one), 64);
    return text === "" ? [] : [text];
  });

function toFound(raw: unknown): Found[] {
  const parsed = v.safeParse(Item, raw);
  if (!parsed.success || parsed.output.duplicate === true) return [];
  const item = parsed.output;
  const url = cleanUrl(item.link);
  const publishedMs = readTime(item.pubDate, "Z", Date.now());
  const title = cleanText(item.title, limits.titleChars);
  if (url === null || publishedMs === undefined || title === "") return [];
  const own = item.article_id ?? "";
  const keywords = texts(item.keywords).slice(0, 20);
  return [
    {
      id: /^[\w-]{1,64}$/.test(own) ? own : idOf("newsdata", url),
      url,
      title,
      snippet: cleanText(paid(item.description) ?? paid(item.content), limits.snippetChars),
      source: "newsdata",
      source_name: cleanText(item.source_name ?? item.source_id, 128) || pressOf(url),
      source_icon_url: cleanUrl(paid(item.source_icon)),
      thumbnail_url: cleanUrl(paid(item.image_url)),
      video_url: cleanUrl(paid(item.video_url)),
      keywords: keywords.length > 0 ? keywords : null,
      ai_tag: texts(item.ai_tag)[0] ?? null,
      publishedMs,
      hints: texts(item.category),
    },
  ];
}
