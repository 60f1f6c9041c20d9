import type { Redis } from "ioredis";
import * as v from "valibot";
import type { Sql } from "../../shared/clients/postgres.ts";
import { newsCategories } from "../../shared/news/article.ts";
import { rebuildFeeds } from "../../shared/news/feed.ts";
import { hasArticles, saveArticles, type Sorted } from "./save-articles.ts";

interface SampleDeps {
  readonly sql: Sql;
  readonly cache: Redis;
  readonly nowMs: () => number;
}

const Samples = v.array(
  v.strictObject({
    category: v.picklist(newsCategories),
    title: v.string(),
    snippet: v.string(),
    keywords: v.array(v.string()),
  }),
);

/** Between two samples. */
const apartMs = 3 * 3600 * 1000;

/**
 * Fills an empty table with the articles that ship, clearly marked, so that the page is not empty where no source can
 * be reached. The first real article hides them.
 */
export async function loadSamples({ sql, cache, nowMs }: SampleDeps): Promise<void> {
  if (await hasArticles(sql)) return;
  const file = await import("./samples.yaml"); // needed once in a lifetime
  const now = nowMs();
  const rows = v.parse(Samples, file.default).map((sample, i): Sorted => {
    const number = String(i + 1).padStart(2, "0");
    return {
      ...sample,
      id: `sample_${number}`,
      url: `https://news.example/sample/${number}`,
      title: `[예시] ${sample.title}`,
      source: i % 2 === 0 ? "naver" : "newsdata",
      source_name: "예시 기사",
      source_icon_url: null,
      thumbnail_url: null,
      video_url: null,
      ai_tag: null,
      publishedMs: now - (i + 1) * apartMs,
      hints: [],
    };
  });
  await saveArticles(sql, rows);
  await rebuildFeeds(sql, cache);
}
