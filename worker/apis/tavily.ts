import * as v from "valibot";
import { type ApiAnswer, type ApiSettings, ask, failNotJson } from "../../shared/apis/http.ts";
import {
  type ApiResult,
  fail,
  failByStatus,
  notConfigured,
  succeed,
} from "../../shared/apis/result.ts";
import { parseJson } from "../../shared/parse-json.ts";
import { type SearchHit, type SearchQuery, toHit } from "./search-hit.ts";
import {
  asList,
  clamp,
  clip,
  field,
  goodRows,
  LooseText,
  textField,
} from "../../shared/apis/wire.ts";

/** One engine of the chain. No hits are `not_found`. */
export type SearchEngine = (
  search: SearchQuery,
  signal: AbortSignal,
) => Promise<ApiResult<readonly SearchHit[]>>;

const timeoutMs = 8000;
const queryChars = 400;

const Result = v.object({
  title: LooseText,
  url: v.pipe(LooseText, v.string()),
  content: LooseText,
  published_date: LooseText,
});

/** Source: docs.tavily.com, Search. A basic search costs one credit. */
export function tavily(settings: ApiSettings): SearchEngine {
  const { key } = settings;
  if (!key) return notConfigured("Tavily");
  return (search, signal) => {
    const topic = search.topic ?? "general";
    const body = {
      query: clip(search.query.trim(), queryChars),
      search_depth: "basic",
      topic,
      ...(search.period ? { time_range: search.period } : {}),
      max_results: clamp(search.maxResults, 1, 20, 5),
      ...(topic === "general" ? { country: "south korea" } : {}),
      include_answer: false,
      include_raw_content: false,
      include_images: false,
    };
    if (body.query === "") {
      return Promise.resolve(fail("invalid_request", "Tavily: the query is empty"));
    }
    return ask(
      {
        provider: "Tavily",
        url: new URL(`${settings.baseUrl ?? "https://api.tavily.com"}/search`),
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        timeoutMs: settings.timeoutMs ?? timeoutMs,
        retries: settings.retries,
        firstRetryMs: settings.firstRetryMs,
        secrets: [key],
      },
      readTavily,
      signal,
    );
  };
}

function readTavily(answer: ApiAnswer): ApiResult<readonly SearchHit[]> {
  const { status } = answer;
  const json = parseJson(answer.text);
  if (json === undefined) return failNotJson(answer);
  if (status >= 300) {
    const detail = field(json, "detail");
    const message = textField(detail, "error") ?? textField(json, "detail") ?? "no message";
    // 432 and 433: the plan's or the pay-as-you-go limit
    if (status === 432 || status === 433) return fail("quota", message, { status });
    return failByStatus(status, message);
  }
  if (!Array.isArray(field(json, "results"))) {
    return fail("bad_response", "JSON without results", { status });
  }
  const hits = goodRows(Result, asList(field(json, "results"))).flatMap((result) => {
    const hit = toHit(result.title ?? "", result.url, result.content ?? "", result.published_date);
    return hit ? [hit] : [];
  });
  return hits.length > 0 ? succeed(hits) : fail("not_found", "no results", { status });
}
