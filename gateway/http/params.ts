import { ChatId, JobId } from "../../shared/contract/ids.ts";
import type { Ctx } from "../deps.ts";
import { invalid, validate } from "./body.ts";
import * as v from "valibot";

/** Throws `VALIDATION_ERROR` unless the path holds a UUID. */
export function chatIdOf(c: Ctx): ChatId {
  return validate(v.object({ chat_id: ChatId }), { chat_id: c.req.param("chat_id") }).chat_id;
}

/** Throws `VALIDATION_ERROR` unless the path holds a UUID. */
export function jobIdOf(c: Ctx): JobId {
  return validate(v.object({ job_id: JobId }), { job_id: c.req.param("job_id") }).job_id;
}

/** For the document: what `limitOf` takes. */
export const limitQuery = (range: { default: number; max: number }) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(range.max)), range.default);

/** The query parameter `limit`. Throws `VALIDATION_ERROR` outside its range. */
export function limitOf(c: Ctx, range: { default: number; max: number }): number {
  const text = c.req.query("limit");
  if (text === undefined) return range.default;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= range.max) return limit;
  throw invalid([{ path: "limit", message: `must be a whole number from 1 to ${range.max}` }]);
}
