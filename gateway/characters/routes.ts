import type { Route } from "../http/route.ts";
import { readCatalog, readCatalogDoc } from "./read-catalog.ts";

export const characterRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/v1/character/catalog",
    role: "api",
    handle: readCatalog,
    doc: readCatalogDoc,
  },
];
