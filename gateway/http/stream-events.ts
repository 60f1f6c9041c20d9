import { AppError } from "../../shared/errors.ts";
import { formatEventId, JobId } from "../../shared/contract/ids.ts";
import * as v from "valibot";
import { LogEvent } from "../../shared/contract/event.ts";
import type { Ctx, Deps, Handle } from "../deps.ts";
import type { Revocations } from "../gate/revocations.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { readCursor } from "../sse/cursor.ts";
import { frame } from "../sse/frame.ts";
import { streamHeaders } from "../sse/open-stream.ts";
import { TooMany } from "../limits/limits.ts";
import { readStoredEnding, type StoredEnding } from "../stored-ending.ts";
import { endedStatuses, requireJob, type Service } from "./require-job.ts";

/** GET the events of a chat's job, from the caller's cursor on. */
export const streamEvents: Handle = (c, deps) => streamOf("chat", c, deps);

/** GET the events of a job of one service. */
export async function streamOf(service: Service, c: Ctx, deps: Deps): Promise<Response> {
  if (c.req.method !== "GET") {
    c.header("Allow", "GET");
    throw new AppError("METHOD_NOT_ALLOWED"); // HEAD would open a reader
  }
  const parsed = v.safeParse(JobId, c.req.param("job_id"));
  if (!parsed.success)
    throw new AppError("INVALID_JOB_ID", { detail: "the job id must be a UUID" });
  const jobId = parsed.output;
  const { userId, expiresAtMs, jti, session } = c.get("principal");
  const cursor = readCursor(c.req.header("last-event-id"), c.req.query("last_event_id"));
  const respond = (ending: StoredEnding): Response => {
    const isItsCursor = cursor.word === "at" && ending.id === formatEventId(cursor.id);
    if (isItsCursor) return new Response(null, { status: 204 });
    return new Response(frame({ ...ending, event: "done" }), { headers: streamHeaders });
  };

  const job = await requireJob(deps, jobId, userId, service);
  if (job.place === "rows") return respond(job.ending);
  const setIdleSeconds = c.env?.setIdleSeconds ?? (() => {});
  const giveBack = await deps.limits.slots.take(userId);
  if (!giveBack) throw new TooMany("streams at once", 5);
  let stream: Response | undefined;
  try {
    stream = await deps.streams.open({
      jobId,
      cursor,
      isEnded: endedStatuses.has(job.status),
      // the client of scans takes any end but `done` for the last: it never comes back
      staysOpen: service === "scan",
      expiresAtMs,
      isRevoked: revocationOf(deps.revocations, jti, session),
      setIdleSeconds,
      onClosed: giveBack,
    });
  } finally {
    if (!stream?.body) giveBack();
  }
  if (stream) return stream;
  const ending = service === "chat" ? await readStoredEnding(deps.sql, jobId, userId) : undefined;
  if (!ending) throw new AppError("JOB_NOT_FOUND");
  return respond(ending);
}

/** Made apart: a closure of the handler would keep all of its request for as long as the stream is open. */
const revocationOf = (list: Revocations, jti: string, session: string | undefined) => () =>
  list.isRevoked(jti, session);

/** GET events of another product's jobs. */
export const unsupportedService: Handle = () => {
  throw new AppError("UNSUPPORTED_SERVICE", { detail: "only the services chat and scan are here" });
};

export const position = (from: string) =>
  v.optional(
    v.pipe(v.string(), v.description(`${from} An id this job never gave is answered by a reset.`)),
  );

export const streamEventsDoc: RouteDoc = {
  summary: "A job's events, live",
  description:
    "Server-sent events; the schema is that of each `data:` line, and shared/contract/PROTOCOL.md tells the rules. Comes " +
    "back with exactly what follows the last id. The stream ends after `done`.",
  tag: "chat",
  headers: { "Last-Event-ID": position("Id of the last event the caller has.") },
  query: { last_event_id: position("The same, for callers that cannot set headers.") },
  answers: {
    200: { about: "the events", body: LogEvent, type: "text/event-stream" },
    204: { about: "the caller has the ending" },
  },
  errors: ["INVALID_JOB_ID", "JOB_NOT_FOUND", "METHOD_NOT_ALLOWED"],
};

export const unsupportedServiceDoc: RouteDoc = {
  summary: "Events of another service",
  description: "Always refused: only chat and scan have streams here.",
  tag: "chat",
  params: { service: v.string(), job_id: v.string() },
  answers: {},
  errors: ["UNSUPPORTED_SERVICE"],
};
