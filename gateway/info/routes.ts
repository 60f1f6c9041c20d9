import type { Route } from "../http/route.ts";
import { readCategories, readCategoriesDoc, readNews, readNewsDoc } from "./read-news.ts";

const role = "api";
const categories = { method: "GET", role, handle: readCategories, doc: readCategoriesDoc } as const;

export const infoRoutes: readonly Route[] = [
  { method: "GET", path: "/api/v1/info/news", role, handle: readNews, doc: readNewsDoc },
  { ...categories, path: "/api/v1/info/news/categories" },
  // the existing client's name for it
  { ...categories, path: "/api/v1/info/categories" },
];
