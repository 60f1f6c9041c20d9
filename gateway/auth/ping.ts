import * as v from "valibot";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

/** GET: nothing behind the gate, for measuring the gate. */
export const ping: Handle = (c) => c.json({ pong: true });

export const pingDoc: RouteDoc = {
  summary: "Nothing behind the gate",
  tag: "auth",
  answers: { 200: { about: "the token is good", body: v.object({ pong: v.literal(true) }) } },
};
