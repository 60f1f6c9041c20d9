import type { ApiResult } from "../../shared/apis/result.ts";
import type { NewsSource } from "../../shared/news/article.ts";

/** An article as a source gave it, cleaned. */
export interface Found {
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly snippet: string;
  readonly source: NewsSource;
  readonly source_name: string;
  readonly source_icon_url: string | null;
  readonly thumbnail_url: string | null;
  readonly video_url: string | null;
  readonly keywords: readonly string[] | null;
  readonly ai_tag: string | null;
  readonly publishedMs: number;
  /** The source's own categories. */
  readonly hints: readonly string[];
}

/** One call of a source. Never throws. */
export type FetchNews = (signal: AbortSignal) => Promise<ApiResult<readonly Found[]>>;

/** A source as the schedule sees it. */
export interface Source {
  readonly name: NewsSource;
  readonly everyMs: number;
  /** Calls of one run; each counts against the day's number. */
  readonly calls: readonly FetchNews[];
  readonly callsPerDay: number | undefined;
}
