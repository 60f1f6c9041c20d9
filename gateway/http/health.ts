import * as v from "valibot";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

/** The process answers. Whether its stores do is `/ready` on the admin port. */
export const health: Handle = (c) => c.json({ status: "healthy", service: "chat-gateway" });

export const healthDoc: RouteDoc = {
  summary: "The process answers",
  tag: "service",
  answers: {
    200: {
      about: "alive",
      body: v.object({ status: v.literal("healthy"), service: v.literal("chat-gateway") }),
    },
  },
};
