import { AppError } from "../../shared/errors.ts";
import type { Handle } from "../deps.ts";

/** A stream's path at a process that serves none: the routes before us are in the wrong order. */
export const misrouted: Handle = (c, deps) => {
  if (c.req.method !== "GET") {
    c.header("Allow", "GET");
    throw new AppError("METHOD_NOT_ALLOWED"); // a HEAD of anybody is no sign of a wrong route
  }
  deps.metrics.misrouted.inc();
  throw new AppError("MISROUTED");
};
