import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import type { Deps, Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

/** GET: the page that stands in for a sign-in service. 404 unless the development sign-in is on. */
export const devAuthorize: Handle = async (c, deps) => {
  requireDev(c.req.method, deps);
  return (await import("./dev-sign-in.ts")).showPage(c);
};

/** GET: what its form leads to: back to the callback, with a code for the chosen name. */
export const devSignIn: Handle = async (c, deps) => {
  requireDev(c.req.method, deps);
  return (await import("./dev-sign-in.ts")).chooseName(c, deps);
};

function requireDev(method: string, { auth }: Deps): void {
  if (!auth.hasDevLogin || method !== "GET") throw new AppError("NOT_FOUND");
}

const asked = {
  provider: v.optional(v.string()),
  redirect_uri: v.optional(v.string()),
  state: v.optional(v.string()),
};

export const devPageDoc: RouteDoc = {
  summary: "The development sign-in",
  description: "Only in the local stack: stands in for services that are not set up.",
  tag: "auth",
  query: asked,
  answers: { 200: { about: "a form", body: v.string(), type: "text/html" } },
  errors: ["NOT_FOUND"],
};

export const devSignInDoc: RouteDoc = {
  summary: "What its form leads to",
  tag: "auth",
  query: { ...asked, name: v.optional(v.string()) },
  answers: { 302: { about: "to the callback", headers: { Location: "where to go on" } } },
  errors: ["NOT_FOUND"],
};
