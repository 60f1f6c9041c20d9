import { type Clock, pause } from "../../shared/clock.ts";
import { type ApiAnswer, type ApiSettings, ask } from "../../shared/apis/http.ts";
import { readInstant, readPage } from "./duckduckgo-pages.ts";
import { type ApiResult, fail, failByStatus, succeed } from "../../shared/apis/result.ts";
import type { SearchHit, SearchQuery } from "./search-hit.ts";
import type { SearchEngine } from "./tavily.ts";
import { clamp, clip } from "../../shared/apis/wire.ts";

/** Needs no key; `baseUrl` stands for both hosts. */
export interface DuckDuckGoSettings extends Omit<ApiSettings, "key"> {
  readonly clock: Clock;
  /** Least time between two searches of this process; the site blocks faster ones. By default 1 s. */
  readonly spacingMs?: number | undefined;
}

const timeoutMs = 8000;
const defaultSpacingMs = 1000;
/** A search that would have to wait longer for its turn is refused as `quota`. */
const longestTurnMs = 3000;
const queryChars = 400;
const periods = { day: "d", week: "w", month: "m", year: "y" } as const;
const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** The result page, else the instant answer. There is no official interface: expect it to refuse. */
export function duckDuckGo(settings: DuckDuckGoSettings): SearchEngine {
  const { clock } = settings;
  const spacingMs = settings.spacingMs ?? defaultSpacingMs;
  let nextTurn = 0;

  /** False when the turn is too far away. */
  const takeTurn = async (signal: AbortSignal) => {
    const now = clock.monotonicMs();
    const turn = Math.max(now, nextTurn);
    if (turn - now > longestTurnMs) return false;
    nextTurn = turn + spacingMs;
    if (turn > now) await pause(turn - now, signal);
    return true;
  };
  const common = {
    provider: "DuckDuckGo",
    timeoutMs: settings.timeoutMs ?? timeoutMs,
    retries: settings.retries,
    firstRetryMs: settings.firstRetryMs,
    secrets: [],
  };
  const askPage = (query: string, search: SearchQuery, signal: AbortSignal) =>
    ask(
      {
        ...common,
        url: new URL("/html/", settings.baseUrl ?? "https://html.duckduckgo.com"),
        method: "POST",
        headers: { accept: "text/html", "user-agent": userAgent },
        body: new URLSearchParams({
          q: query,
          kl: "kr-kr",
          ...(search.period ? { df: periods[search.period] } : {}),
        }),
      },
      refuseBlocked,
      signal,
    );
  const askInstant = (query: string, signal: AbortSignal) => {
    const url = new URL("/", settings.baseUrl ?? "https://api.duckduckgo.com");
    url.search = new URLSearchParams({
      q: query,
      format: "json",
      no_html: "1",
      skip_disambig: "1",
    }).toString();
    return ask({ ...common, url }, refuseBlocked, signal);
  };

  return async (search, signal) => {
    const query = clip(search.query.trim(), queryChars);
    if (query === "") return fail("invalid_request", "DuckDuckGo: the query is empty");
    const max = clamp(search.maxResults, 1, 20, 5);
    if (!(await takeTurn(signal))) return fail("quota", "DuckDuckGo: too many searches at once");
    const page = await askPage(query, search, signal);
    const found = page.ok ? await readPage(page.data) : page;
    if (found.ok || signal.aborted) return cut(found, max);
    const instant = await askInstant(query, signal);
    const answer = instant.ok ? readInstant(instant.data) : instant;
    return answer.ok ? cut(answer, max) : found;
  };
}

function cut(found: ApiResult<readonly SearchHit[]>, max: number) {
  return found.ok ? succeed(found.data.slice(0, max)) : found;
}

/** 202 and 403 are how the site says "not so fast". */
function refuseBlocked({ status, text }: ApiAnswer): ApiResult<string> {
  if (status === 202 || status === 403) return fail("quota", "blocked", { status });
  return status === 200 ? succeed(text) : failByStatus(status, "an error page");
}
