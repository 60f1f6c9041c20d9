// Fetches a picture from an address a person gave, without becoming their way into our network: http(s) on its
// standard port, the name resolved once, every address public, the connection to exactly that address, each
// redirect checked the same way, 10 MB, 5 s, and bytes that are a picture.
import { lookup } from "node:dns/promises";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { fail } from "../shared/apis/result.ts";
import { imageTypeOf } from "../shared/images/image-type.ts";
import { isPublicAddress } from "../shared/public-address.ts";
import { ServiceError } from "./graph/api-failure.ts";

interface FetchedImage {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
}
export type FetchImage = (url: string, signal: AbortSignal) => Promise<FetchedImage>;

interface ImageFetcherOptions {
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly isAllowed?: (address: string) => boolean;
  /** Where a checked address is: tests bring an internet of their own. */
  readonly dial?: (address: string, port: number) => Endpoint;
  /** Ports besides the scheme's own. */
  readonly ports?: readonly string[];
  readonly timeoutMs?: number;
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const maxBytes = 10 * 1024 * 1024;
const defaultTimeoutMs = 5000;
const maxRedirects = 3;

export function imageFetcher(options: ImageFetcherOptions = {}): FetchImage {
  const resolve = options.resolve ?? resolveAll;
  const isAllowed = options.isAllowed ?? isPublicAddress;
  const dial = options.dial ?? ((host, port) => ({ host, port }));

  const open = async (text: string, signal: AbortSignal): Promise<Answer> => {
    const url = URL.canParse(text) ? new URL(text) : refuse("bad_url");
    if (url.protocol !== "http:" && url.protocol !== "https:") refuse("bad_scheme");
    if (url.username !== "" || url.password !== "") refuse("has_userinfo");
    // the parser drops a scheme's own port; 80 on https is as wrong as 8080
    if (url.port !== "" && !options.ports?.includes(url.port)) refuse("bad_port");
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const addresses = await resolve(host).catch(() => refuse("unknown_host"));
    signal.throwIfAborted(); // a late answer opens nothing
    const [address] = addresses;
    if (address === undefined || !addresses.every(isAllowed)) refuse("not_public");
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    return ask(url, dial(address ?? "", port), host, signal);
  };

  return async (text, signal) => {
    const limit = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const until = AbortSignal.any([signal, limit]);
    try {
      let at = text;
      for (let hops = 0; hops <= maxRedirects; hops++) {
        const answer = await untilAborted(open(at, until), until);
        if (answer.location === undefined) return await readImage(answer, until);
        answer.message.destroy();
        if (!URL.canParse(answer.location, at)) refuse("bad_redirect");
        at = new URL(answer.location, at).href;
      }
      return refuse("too_many_redirects");
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ServiceError) throw cause;
      return refuse(limit.aborted ? "too_slow" : "unreachable");
    }
  };
}

/** A picture that cannot be had is the sender's fault, never the vision service's: no retry, no breaker. */
function refuse(providerCode: string): never {
  throw new ServiceError(fail("invalid_request", `image: ${providerCode}`, { providerCode }));
}

async function resolveAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

interface Answer {
  readonly message: IncomingMessage;
  readonly location: string | undefined;
}

/** Connects to the address, not to the name: what was checked is what is asked. */
function ask(url: URL, to: Endpoint, host: string, signal: AbortSignal): Promise<Answer> {
  const isTls = url.protocol === "https:";
  // whose certificate it must be; an address is none of SNI's names and is checked as the host
  const servername = isIP(host) === 0 ? { servername: host.replace(/\.$/, "") } : {};
  const options = {
    ...to,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, accept: "image/*", "accept-encoding": "identity" },
    setHost: false,
    agent: false as const,
    signal,
  };
  return new Promise((resolve, reject) => {
    const onAnswer = (message: IncomingMessage) => {
      const { statusCode = 0 } = message;
      const isMoved = [301, 302, 303, 307, 308].includes(statusCode);
      if (!isMoved && statusCode !== 200) {
        message.destroy();
        reject(new ServiceError(fail("invalid_request", `image: HTTP ${statusCode}`)));
        return;
      }
      resolve({ message, location: isMoved ? (message.headers.location ?? "") : undefined });
    };
    const sent: ClientRequest = isTls
      ? httpsRequest({ ...options, ...servername }, onAnswer)
      : httpRequest(options, onAnswer);
    sent.on("error", reject);
    sent.end();
  });
}

async function readImage({ message }: Answer, signal: AbortSignal): Promise<FetchedImage> {
  const announced = Number(message.headers["content-length"] ?? 0);
  if (announced > maxBytes) {
    message.destroy();
    refuse("too_large");
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const read = async () => {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) refuse("too_large");
      // what is no picture is not read to its end
      if (chunks.length === 1 && length >= 12 && !imageTypeOf(chunk)) refuse("not_an_image");
    }
  };
  try {
    await untilAborted(read(), signal);
  } finally {
    message.destroy();
  }
  const bytes = new Uint8Array(Buffer.concat(chunks, length));
  const mimeType = imageTypeOf(bytes) ?? refuse("not_an_image");
  return { bytes, mimeType };
}

/** Gives up with the signal, whatever the socket does. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new DOMException("aborted", "AbortError"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
