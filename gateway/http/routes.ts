import type { Role } from "../config.ts";
import type { Handle } from "../deps.ts";
import type { Share } from "../limits/limits.ts";
import { cancelJob } from "./cancel-job.ts";
import { createChat } from "./create-chat.ts";
import { deleteChat } from "./delete-chat.ts";
import { health } from "./health.ts";
import { jobStatus } from "./job-status.ts";
import { logOut } from "./log-out.ts";
import { listChats } from "./list-chats.ts";
import { misrouted } from "./misrouted.ts";
import { readChat } from "./read-chat.ts";
import { readRun } from "./read-run.ts";
import { renameChat } from "./rename-chat.ts";
import { sendInput } from "./send-input.ts";
import { sendMessage } from "./send-message.ts";
import { streamEvents, unsupportedService } from "./stream-events.ts";
import { topology } from "./topology.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** A name stands for one segment of the path. */
  readonly path: string;
  /** The role that serves it; undefined: every one. */
  readonly role: Exclude<Role, "all"> | undefined;
  readonly handle: Handle;
  /** What it uses up of a user's share. */
  readonly share?: Share;
  /** Answers without a token. */
  readonly isOpen?: true;
  /** Has no limit for addresses: probes come often. */
  readonly isUncounted?: true;
}

const chat = "/api/v1/chat";

/** Every route. The first that fits wins: `…/events` stands before the prefix routes. */
const routes: readonly Route[] = [
  {
    method: "GET",
    path: `${chat}/:job_id/events`,
    role: "sse",
    handle: streamEvents,
    share: "streams",
  },
  {
    method: "GET",
    path: "/api/v1/:service/:job_id/events",
    role: "sse",
    handle: unsupportedService,
  },
  { method: "GET", path: chat, role: "api", handle: listChats },
  { method: "POST", path: chat, role: "api", handle: createChat },
  { method: "GET", path: `${chat}/topology`, role: "api", handle: topology },
  { method: "GET", path: `${chat}/:chat_id`, role: "api", handle: readChat },
  { method: "PATCH", path: `${chat}/:chat_id`, role: "api", handle: renameChat },
  { method: "DELETE", path: `${chat}/:chat_id`, role: "api", handle: deleteChat },
  {
    method: "POST",
    path: `${chat}/:chat_id/messages`,
    role: "api",
    handle: sendMessage,
    share: "messages",
  },
  { method: "POST", path: `${chat}/:job_id/input`, role: "api", handle: sendInput },
  { method: "POST", path: `${chat}/:job_id/cancel`, role: "api", handle: cancelJob },
  { method: "GET", path: `${chat}/:job_id/status`, role: "api", handle: jobStatus },
  { method: "GET", path: `${chat}/:job_id/run`, role: "api", handle: readRun },
  { method: "POST", path: "/api/v1/auth/logout", role: "api", handle: logOut, isOpen: true },
  {
    method: "GET",
    path: "/health",
    role: undefined,
    handle: health,
    isOpen: true,
    isUncounted: true,
  },
];

export function routesOf(role: Role): readonly Route[] {
  if (role === "all") return routes;
  return routes.flatMap((route) => {
    if (!route.role || route.role === role) return route;
    // a mesh that sends streams to the API must be noticed, and not as a 404 that ends a job for its reader
    return route.role === "sse" ? { ...route, handle: misrouted, isOpen: true } : [];
  });
}

const patterns = new Map(
  routes.map((route) => [route.path, new RegExp(`^${route.path.replace(/:\w+/g, "[^/]+")}$`)]),
);

/** The methods a path has, none when it is no path of ours. */
export function allowedMethods(role: Role, path: string): string[] {
  const fitting = routesOf(role).filter((route) => patterns.get(route.path)?.test(path));
  return [...new Set(fitting.map((route) => route.method))];
}
