import { news as limits } from "../../shared/limits.ts";
import type { Reach } from "../outbound.ts";
import type { Source } from "./found.ts";
import { naverNews } from "./sources/naver.ts";
import { newsDataNews } from "./sources/newsdata.ts";
import { rssNews } from "./sources/rss.ts";

export interface NewsSettings {
  readonly isOn: boolean;
  readonly naver: {
    readonly clientId: string | undefined;
    readonly clientSecret: string | undefined;
    readonly baseUrl: string | undefined;
  };
  readonly newsdata: { readonly key: string | undefined; readonly baseUrl: string | undefined };
  /** Undefined: the default feeds, where no key is set. */
  readonly feeds:
    readonly { readonly url: string; readonly category: string | undefined }[] | undefined;
}

/** One Korean query for each category; NewsData gets two English ones. */
const korean = ["재활용 분리배출", "신재생에너지", "인공지능"];
const english = ["recycling OR waste", "renewable energy OR AI climate"];

/**
 * Public feeds of Korean papers, by the addresses other public programs read them at (looked up 2026-11); another choice
 * is made by `NEWS_RSS_FEEDS`.
 */
const defaultFeeds = [
  { category: "environment", url: "https://www.hkbs.co.kr/rss/allArticle.xml" },
  { category: "energy", url: "https://www.energy-news.co.kr/rss/allArticle.xml" },
  { category: "ai", url: "https://www.aitimes.com/rss/allArticle.xml" },
];

/** The sources that are set up: those with a key, else feeds that need none. */
export function sourcesFrom(settings: NewsSettings, reach: Reach): Source[] {
  const { isOn, naver, newsdata, feeds } = settings;
  if (!isOn) return [];
  const sources: Source[] = [];
  const { clientId, clientSecret } = naver;
  if (clientId && clientSecret) {
    const settings = { clientId, clientSecret, baseUrl: naver.baseUrl };
    sources.push({
      name: "naver",
      everyMs: limits.naverEveryMs,
      calls: korean.map((query) => naverNews(settings, query)),
      callsPerDay: limits.naverCallsPerDay,
    });
  }
  if (newsdata.key) {
    const settings = { key: newsdata.key, baseUrl: newsdata.baseUrl };
    sources.push({
      name: "newsdata",
      everyMs: limits.newsdataEveryMs,
      calls: english.map((query) => newsDataNews(settings, query)),
      callsPerDay: limits.newsdataCallsPerDay,
    });
  }
  const wanted = feeds ?? (sources.length === 0 ? defaultFeeds : []);
  if (wanted.length > 0) {
    const calls = wanted.map((feed) => rssNews({ ...feed, reach }));
    sources.push({ name: "rss", everyMs: limits.rssEveryMs, calls, callsPerDay: undefined });
  }
  return sources;
}
