import type { Route } from "../http/route.ts";
import { callback, callbackDoc } from "./callback.ts";
import { devAuthorize, devPageDoc, devSignIn, devSignInDoc } from "./dev.ts";
import { keySet, keySetDoc } from "./key-set.ts";
import { logOut, logOutDoc } from "./log-out.ts";
import { ping, pingDoc } from "./ping.ts";
import { refresh, refreshDoc } from "./refresh.ts";
import {
  authorize,
  authorizeDoc,
  listProviders,
  listProvidersDoc,
  startSignIn,
  startSignInDoc,
} from "./start.ts";

const base = "/api/v1/auth";
const open = { role: "api", isOpen: true } as const;
const begins = { ...open, share: "signIns" } as const;

/** Sign-in, sessions and their end. Fixed names stand before the services'. */
export const authRoutes: readonly Route[] = [
  { method: "POST", path: `${base}/refresh`, handle: refresh, doc: refreshDoc, ...open },
  { method: "POST", path: `${base}/logout`, handle: logOut, doc: logOutDoc, ...open },
  { method: "GET", path: `${base}/.well-known/jwks.json`, handle: keySet, doc: keySetDoc, ...open },
  {
    method: "GET",
    path: `${base}/providers`,
    handle: listProviders,
    doc: listProvidersDoc,
    ...open,
  },
  { method: "GET", path: `${base}/dev/authorize`, handle: devAuthorize, doc: devPageDoc, ...open },
  { method: "GET", path: `${base}/dev/sign-in`, handle: devSignIn, doc: devSignInDoc, ...begins },
  { method: "GET", path: `${base}/:provider`, handle: startSignIn, doc: startSignInDoc, ...begins },
  {
    method: "GET",
    path: `${base}/:provider/login`,
    handle: startSignIn,
    doc: startSignInDoc,
    ...begins,
  },
  {
    method: "GET",
    path: `${base}/:provider/authorize`,
    handle: authorize,
    doc: authorizeDoc,
    ...begins,
  },
  {
    method: "GET",
    path: `${base}/:provider/callback`,
    handle: callback,
    doc: callbackDoc,
    ...open,
  },
  { method: "GET", path: "/api/v1/authz/ping", role: "api", handle: ping, doc: pingDoc },
];
