import { infoRoutes } from "../info/routes.ts";
import { userRoutes } from "../users/routes.ts";
import { characterRoutes } from "../characters/routes.ts";
import { authRoutes } from "../auth/routes.ts";
import { assistantRoutes } from "../assistant/routes.ts";
import type { Role } from "../config.ts";
import { imageRoutes } from "../images/routes.ts";
import { locationRoutes } from "../locations/routes.ts";
import { openApiRoutes } from "../openapi/routes.ts";
import { scanRoutes } from "../scan/routes.ts";
import { cancelJob, cancelJobDoc } from "./cancel-job.ts";
import { createChat, createChatDoc } from "./create-chat.ts";
import { deleteChat, deleteChatDoc } from "./delete-chat.ts";
import { health, healthDoc } from "./health.ts";
import { jobStatus, jobStatusDoc } from "./job-status.ts";
import { listChats, listChatsDoc } from "./list-chats.ts";
import { misrouted } from "./misrouted.ts";
import { readChat, readChatDoc } from "./read-chat.ts";
import { readRun, readRunDoc } from "./read-run.ts";
import { renameChat, renameChatDoc } from "./rename-chat.ts";
import type { Route } from "./route.ts";
import { roomRoutes } from "../rooms/routes.ts";
import { sendInput, sendInputDoc } from "./send-input.ts";
import { sendMessage, sendMessageDoc } from "./send-message.ts";
import {
  streamEvents,
  streamEventsDoc,
  unsupportedService,
  unsupportedServiceDoc,
} from "./stream-events.ts";
import { topology, topologyDoc } from "./topology.ts";

const chat = "/api/v1/chat";

/** Every route. The first that fits wins: `…/events` stands before the prefix routes. */
const routes: readonly Route[] = [
  {
    method: "GET",
    path: `${chat}/:job_id/events`,
    role: "sse",
    handle: streamEvents,
    doc: streamEventsDoc,
    share: "streams",
  },
  ...scanRoutes,
  {
    method: "GET",
    path: "/api/v1/:service/:job_id/events",
    role: "sse",
    handle: unsupportedService,
    doc: unsupportedServiceDoc,
  },
  { method: "GET", path: chat, role: "api", handle: listChats, doc: listChatsDoc },
  { method: "POST", path: chat, role: "api", handle: createChat, doc: createChatDoc },
  { method: "GET", path: `${chat}/topology`, role: "api", handle: topology, doc: topologyDoc },
  { method: "GET", path: `${chat}/:chat_id`, role: "api", handle: readChat, doc: readChatDoc },
  {
    method: "PATCH",
    path: `${chat}/:chat_id`,
    role: "api",
    handle: renameChat,
    doc: renameChatDoc,
  },
  {
    method: "DELETE",
    path: `${chat}/:chat_id`,
    role: "api",
    handle: deleteChat,
    doc: deleteChatDoc,
  },
  {
    method: "POST",
    path: `${chat}/:chat_id/messages`,
    role: "api",
    handle: sendMessage,
    doc: sendMessageDoc,
    share: "messages",
  },
  {
    method: "POST",
    path: `${chat}/:job_id/input`,
    role: "api",
    handle: sendInput,
    doc: sendInputDoc,
  },
  {
    method: "POST",
    path: `${chat}/:job_id/cancel`,
    role: "api",
    handle: cancelJob,
    doc: cancelJobDoc,
  },
  {
    method: "GET",
    path: `${chat}/:job_id/status`,
    role: "api",
    handle: jobStatus,
    doc: jobStatusDoc,
  },
  { method: "GET", path: `${chat}/:job_id/run`, role: "api", handle: readRun, doc: readRunDoc },
  ...characterRoutes,
  ...imageRoutes,
  ...userRoutes,
  ...infoRoutes,
  ...roomRoutes,
  ...locationRoutes,
  ...authRoutes,
  ...assistantRoutes,
  {
    method: "GET",
    path: "/health",
    role: undefined,
    handle: health,
    doc: healthDoc,
    isOpen: true,
    isUncounted: true,
  },
  ...openApiRoutes(() => routes),
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
