import type { Route } from "../http/route.ts";
import { scanCategories, scanCategoriesDoc } from "./categories.ts";
import { scanEvents, scanEventsDoc } from "./scan-events.ts";
import { scanResult, scanResultDoc } from "./scan-result.ts";
import { startScan, startScanDoc } from "./start-scan.ts";

const base = "/api/v1/scan";

/** A photographed thing, from its picture to what to do with it. */
export const scanRoutes: readonly Route[] = [
  {
    method: "GET",
    path: `${base}/:job_id/events`,
    role: "sse",
    handle: scanEvents,
    doc: scanEventsDoc,
    share: "streams",
  },
  {
    method: "POST",
    path: base,
    role: "api",
    handle: startScan,
    doc: startScanDoc,
    share: "messages",
  },
  {
    method: "GET",
    path: `${base}/categories`,
    role: "api",
    handle: scanCategories,
    doc: scanCategoriesDoc,
  },
  {
    method: "GET",
    path: `${base}/:job_id/result`,
    role: "api",
    handle: scanResult,
    doc: scanResultDoc,
  },
];
