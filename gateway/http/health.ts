import type { Handle } from "../deps.ts";

/** The process answers. Whether its stores do is `/ready` on the admin port. */
export const health: Handle = (c) => c.json({ status: "healthy", service: "chat-gateway" });
