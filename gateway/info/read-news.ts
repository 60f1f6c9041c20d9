import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { input } from "../../shared/limits.ts";
import { Article, newsLists, newsSources } from "../../shared/news/article.ts";
import type { Handle } from "../deps.ts";
import { invalid } from "../http/body.ts";
import { limitOf, limitQuery } from "../http/params.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { readPage } from "./read-page.ts";

const sources = ["all", ...newsSources] as const;
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

const Page = v.object({
  articles: v.pipe(v.array(Article), v.description("Newest first.")),
  next_cursor: v.nullable(v.string()),
  has_more: v.boolean(),
  meta: v.object({
    total_cached: Count,
    cache_expires_in: v.pipe(Count, v.description("Seconds; 0: this page came from the table.")),
  }),
});

/** GET a page of news. */
export const readNews: Handle = async (c, deps) => {
  const list = newsLists.find((one) => one === (c.req.query("category") ?? "all"));
  if (!list)
    throw new AppError("INVALID_CATEGORY", {
      detail: `category must be one of ${newsLists.join(", ")}`,
    });
  const source = sources.find((one) => one === (c.req.query("source") ?? "all"));
  if (!source)
    throw new AppError("INVALID_SOURCE", { detail: `source must be one of ${sources.join(", ")}` });
  const limit = limitOf(c, input.newsLimit);
  const before = readCursor(c.req.query("cursor"));
  const hasImage = flagOf(c.req.query("has_image"));
  const { articles, next, meta } = await readPage(deps, { list, source, hasImage, before, limit });
  return c.json({
    articles,
    next_cursor: next ? writeCursor(next) : null,
    has_more: next !== undefined,
    meta,
  });
};

function flagOf(text: string | undefined): boolean {
  if (text === undefined || text === "false" || text === "0") return false;
  if (text === "true" || text === "1") return true;
  throw invalid([{ path: "has_image", message: "must be true or false" }]);
}

export const readNewsDoc: RouteDoc = {
  summary: "News about environment, energy and AI",
  tag: "info",
  query: {
    category: v.optional(v.picklist(newsLists), "all"),
    source: v.optional(v.picklist(sources), "all"),
    has_image: v.optional(v.boolean(), false),
    limit: limitQuery(input.newsLimit),
    cursor: v.pipe(v.optional(v.string()), v.description("`next_cursor` of an earlier page.")),
  },
  answers: { 200: { about: "a page", body: Page } },
  errors: ["INVALID_CATEGORY", "INVALID_SOURCE", "INVALID_CURSOR_FORMAT"],
};

const names = { all: "전체", environment: "환경", energy: "에너지", ai: "AI" } as const;

/** GET the lists of news there are. */
export const readCategories: Handle = (c) =>
  c.json({ categories: newsLists.map((id) => ({ id, name: names[id] })) });

export const readCategoriesDoc: RouteDoc = {
  summary: "The categories of news",
  tag: "info",
  answers: {
    200: {
      about: "all of them",
      body: v.object({
        categories: v.array(v.object({ id: v.picklist(newsLists), name: v.string() })),
      }),
    },
  },
};
