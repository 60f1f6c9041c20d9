import { isPublicAddress } from "../../shared/public-address.ts";
import type { Deps } from "../deps.ts";
import { invalid } from "./body.ts";

const localName = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i;

/** Throws `VALIDATION_ERROR` for what can be no picture's address. One of our own store is always good. */
export function requireImageUrl(url: string | null, { images }: Pick<Deps, "images">): void {
  if (url === null || images?.isOwn(url)) return;
  const problem = problemOfImageUrl(url);
  if (problem !== undefined) throw invalid([{ path: "image_url", message: problem }]);
}

/**
 * Why this cannot be a picture's address, or undefined. The worker resolves the name and checks again: this is
 * for what is wrong on its face.
 */
export function problemOfImageUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return "must be an http or https URL";
  }
  if (url.username !== "" || url.password !== "") return "must not carry a user or password";
  if (url.port !== "" && url.port !== "80" && url.port !== "443") return "must use a standard port";
  const host = url.hostname;
  if (host.startsWith("[")) {
    return isPublicAddress(host.slice(1, -1)) ? undefined : "must have a public address";
  }
  // the URL parser writes every form of an IPv4 address as four decimals
  const isIpv4 = /^\d+\.\d+\.\d+\.\d+$/.test(host);
  if ((isIpv4 && !isPublicAddress(host)) || localName.test(host)) {
    return "must have a public address";
  }
  return undefined;
}
