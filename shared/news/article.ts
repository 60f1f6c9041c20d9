import * as v from "valibot";

/** What an article is about. */
export const newsCategories = ["environment", "energy", "ai"] as const;
export type NewsCategory = (typeof newsCategories)[number];
/** The lists there are: one of each category, and one of all. */
export const newsLists = ["all", ...newsCategories] as const;
export type NewsList = (typeof newsLists)[number];

export const newsSources = ["naver", "newsdata", "rss"] as const;
export type NewsSource = (typeof newsSources)[number];

const Url = v.nullable(v.string());

/** An article as clients get it. */
export const Article = v.object({
  id: v.string(),
  title: v.string(),
  url: v.string(),
  snippet: v.string(),
  source: v.picklist(newsSources),
  source_name: v.string(),
  published_at: v.pipe(v.string(), v.isoTimestamp()),
  thumbnail_url: Url,
  category: v.picklist(newsCategories),
  source_icon_url: Url,
  video_url: Url,
  keywords: v.nullable(v.array(v.string())),
  ai_tag: v.nullable(v.string()),
});
export type Article = v.InferOutput<typeof Article>;
