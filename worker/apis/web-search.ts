import { type ApiResult, fail, type FailureKind, succeed } from "../../shared/apis/result.ts";
import type { SearchHit, SearchQuery } from "./search-hit.ts";
import type { SearchEngine } from "./tavily.ts";
import { clip } from "../../shared/apis/wire.ts";

/** What a model's own search brings: a text with its sources. */
interface NativeAnswer {
  readonly text: string;
  readonly hits: readonly SearchHit[];
}

export interface WebSearchEngines {
  /** The model's own search. It may throw; any failure passes to the next engine. */
  readonly native?:
    ((search: SearchQuery, signal: AbortSignal) => Promise<NativeAnswer>) | undefined;
  readonly tavily: SearchEngine;
  readonly duckDuckGo: SearchEngine;
}

type EngineName = "native" | "tavily" | "duckduckgo";

export interface WebAnswer {
  readonly query: string;
  readonly engine: EngineName;
  /** Written by the model from its sources; null from plain engines. */
  readonly text: string | null;
  readonly hits: readonly SearchHit[];
  /** Engines that were tried before, and why they gave nothing. */
  readonly passedOver: readonly { readonly engine: EngineName; readonly kind: FailureKind }[];
}

/**
 * Asks the model's own search, then Tavily, then DuckDuckGo; the first with sources wins. A native answer
 * without a source counts as none, since it may be made up. When all fail: `not_found` if at least one
 * engine searched and found nothing, else the last failure.
 */
export async function webSearch(
  engines: WebSearchEngines,
  search: SearchQuery,
  signal: AbortSignal,
): Promise<ApiResult<WebAnswer>> {
  const { query } = search;
  if (query.trim() === "") return fail("invalid_request", "web search: the query is empty");
  const { native } = engines;
  const order: [EngineName, () => Promise<ApiResult<NativeAnswer>>][] = [
    ["tavily", async () => plain(await engines.tavily(search, signal))],
    ["duckduckgo", async () => plain(await engines.duckDuckGo(search, signal))],
  ];
  if (native) order.unshift(["native", () => guard(() => native(search, signal), signal)]);

  const passedOver: WebAnswer["passedOver"][number][] = [];
  let last = fail("not_configured", "web search: no engine");
  for (const [engine, run] of order) {
    if (signal.aborted) break;
    const found = await run();
    if (found.ok) {
      const { text, hits } = found.data;
      return succeed({ query, engine, text: text === "" ? null : text, hits, passedOver });
    }
    passedOver.push({ engine, kind: found.kind });
    last = found;
  }
  const nothing = passedOver.some(({ kind }) => kind === "not_found");
  return nothing ? fail("not_found", "web search: nothing found") : last;
}

function plain(found: ApiResult<readonly SearchHit[]>): ApiResult<NativeAnswer> {
  return found.ok ? succeed({ text: "", hits: found.data }) : found;
}

async function guard(
  search: () => Promise<NativeAnswer>,
  signal: AbortSignal,
): Promise<ApiResult<NativeAnswer>> {
  try {
    const answer = await search();
    return answer.hits.length > 0
      ? succeed(answer)
      : fail("not_found", "an answer without sources");
  } catch {
    return fail(signal.aborted ? "timeout" : "upstream", "the model's search failed");
  }
}

/** A prompt has room for this much of the web. */
const contextChars = 50_000;

/** The answer as text for a prompt: numbered sources, at most 50,000 characters. */
export function searchContext(answer: WebAnswer): string {
  const sources = answer.hits.map((hit, i) => {
    const when = hit.publishedAt === null ? "" : ` (${hit.publishedAt})`;
    return `[${i + 1}] ${hit.title}${when}\n${hit.url}\n${hit.snippet}`.trim();
  });
  return clip([answer.text ?? "", ...sources].filter(Boolean).join("\n\n"), contextChars);
}
