import * as v from "valibot";
import { ScanDoneEvent, ScanStageEvent } from "../../shared/contract/scan.ts";
import type { Handle } from "../deps.ts";
import { position, streamOf } from "../http/stream-events.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

/** GET a scan's events. */
export const scanEvents: Handle = (c, deps) => streamOf("scan", c, deps);

export const scanEventsDoc: RouteDoc = {
  summary: "A scan's events, live",
  description:
    "Server-sent events, each named by its stage; the schema is that of each `data:` line. Stays open until `done`, whose " +
    "status is completed also for a scan that failed: look at `result.status`.",
  tag: "scan",
  headers: { "Last-Event-ID": position("Id of the last event the caller has.") },
  query: { last_event_id: position("The same, for callers that cannot set headers.") },
  answers: {
    200: {
      about: "the events",
      body: v.variant("stage", [ScanStageEvent, ScanDoneEvent]),
      type: "text/event-stream",
    },
    204: { about: "the caller has the ending" },
  },
  errors: ["INVALID_JOB_ID", "JOB_NOT_FOUND", "METHOD_NOT_ALLOWED"],
};
