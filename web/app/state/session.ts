import { signal } from "@preact/signals";
import { createClient } from "../../client/client.ts";
import { ApiError, type Connection } from "../../client/request.ts";
import { readStored, store } from "./settings.ts";

/** A bearer token a person pasted or a link brought; undefined where a cookie speaks. */
export const token = signal<string | undefined>(undefined);
/** The server does not know who this is. */
export const needsSignIn = signal(false);
/** The last request did not reach the server. */
export const isUnreachable = signal(false);
export const isOffline = signal(globalThis.navigator?.onLine === false);

const waiting = new Set<() => void>();

let renewing: Promise<boolean> | undefined;
let mayRenew = true;

/** New cookies for old ones, once for all who ask; false when there are none, and then not again. */
function renewCookies(): Promise<boolean> {
  if (!mayRenew) return Promise.resolve(false);
  renewing ??= fetch("/api/v1/auth/refresh", { method: "POST" })
    .then(
      ({ status }) => status === 201 || ((mayRenew = status >= 500), false),
      () => false,
    )
    .finally(() => (renewing = undefined));
  return renewing;
}

export const connection: Connection = {
  baseUrl: "",
  getToken: () => token.value,
  fetch: async (input, init) => {
    try {
      const sent = token.value;
      const response = await fetch(input, init);
      isUnreachable.value = false;
      if (response.status !== 401) return response;
      if (sent === undefined && token.value === undefined && (await renewCookies()))
        return await fetch(input, init);
      if (token.value === undefined || token.value === sent) return response;
      // signed in while this or the renewal was under way
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${token.value}`);
      return await fetch(input, { ...init, headers });
    } catch (cause) {
      if (!init.signal?.aborted) isUnreachable.value = true;
      throw cause;
    }
  },
};
export const client = createClient(connection);

/** `#token=…` signs in and leaves the address at once, so that it is in no history and no referrer. */
export function takeToken(): void {
  const match = /^#token=([\w-]+\.[\w-]+\.[\w-]+)$/.exec(location.hash);
  if (match?.[1] !== undefined) {
    history.replaceState(null, "", location.pathname + location.search);
    store("session", "token", match[1]);
  }
  token.value = readStored("session", "token") ?? undefined;
}

export function signIn(text: string): void {
  token.value = text;
  store("session", "token", text);
  needsSignIn.value = false;
  const all = [...waiting];
  waiting.clear();
  for (const go of all) go();
}

export function signOut(): void {
  store("session", "token", null);
  token.value = undefined;
}

/** Runs once someone signed in again. */
export function afterSignIn(go: () => void): void {
  waiting.add(go);
}

/** Notes what an error says about the session; true when it was a refusal to know us. */
export function isRefused(error: unknown): boolean {
  const refused = error instanceof ApiError && error.status === 401;
  if (refused) needsSignIn.value = true;
  return refused;
}

export const codeOf = (error: unknown): string =>
  error instanceof ApiError ? error.code : "UNKNOWN";
