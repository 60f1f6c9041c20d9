// Asks an address a person or a stranger's page gave, without becoming their way into our network: http(s) on its
// standard port, the name resolved once, every address public, the connection to exactly that address, each redirect
// checked the same way.
import { lookup } from "node:dns/promises";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "../shared/public-address.ts";

/** What tests replace: an internet of their own. */
export interface Internet {
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly isAllowed?: (address: string) => boolean;
  /** Where a checked address is. */
  readonly dial?: (address: string, port: number) => Endpoint;
  /** Ports besides the scheme's own. */
  readonly ports?: readonly string[];
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Why an address is not asked, or its answer not taken: `not_public`, `bad_scheme`, … */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.name = "Refused";
    this.code = code;
  }
}

export interface Reached {
  /** A 200; whoever gets it reads it, or destroys it. */
  readonly message: IncomingMessage;
  /** Where it was, after redirects. */
  readonly url: string;
}

/** Throws `Refused`, or what the socket throws. */
export type Reach = (url: string, signal: AbortSignal) => Promise<Reached>;

export function outbound(
  headers: Readonly<Record<string, string>>,
  maxRedirects: number,
  internet: Internet = {},
): Reach {
  const resolve = internet.resolve ?? resolveAll;
  const isAllowed = internet.isAllowed ?? isPublicAddress;
  const dial = internet.dial ?? ((host, port) => ({ host, port }));

  const open = async (text: string, signal: AbortSignal): Promise<Answer> => {
    const url = URL.canParse(text) ? new URL(text) : refuse("bad_url");
    if (url.protocol !== "http:" && url.protocol !== "https:") refuse("bad_scheme");
    if (url.username !== "" || url.password !== "") refuse("has_userinfo");
    // the parser drops a scheme's own port; 80 on https is as wrong as 8080
    if (url.port !== "" && !internet.ports?.includes(url.port)) refuse("bad_port");
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const addresses = await resolve(host).catch(() => refuse("unknown_host"));
    signal.throwIfAborted(); // a late answer opens nothing
    const [address] = addresses;
    if (address === undefined || !addresses.every(isAllowed)) refuse("not_public");
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    return ask(url, { to: dial(address ?? "", port), host, headers, signal });
  };

  return async (text, signal) => {
    let at = text;
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const { message, location } = await untilAborted(open(at, signal), signal);
      if (location === undefined) return { message, url: at };
      message.destroy();
      if (!URL.canParse(location, at)) refuse("bad_redirect");
      at = new URL(location, at).href;
    }
    return refuse("too_many_redirects");
  };
}

function refuse(code: string): never {
  throw new Refused(code);
}

async function resolveAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

interface Answer {
  readonly message: IncomingMessage;
  readonly location: string | undefined;
}

interface Asked {
  readonly to: Endpoint;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Connects to the address, not to the name: what was checked is what is asked. */
function ask(url: URL, { to, host, headers, signal }: Asked): Promise<Answer> {
  const isTls = url.protocol === "https:";
  // whose certificate it must be; an address is none of SNI's names and is checked as the host
  const servername = isIP(host) === 0 ? { servername: host.replace(/\.$/, "") } : {};
  const options = {
    ...to,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, "accept-encoding": "identity" },
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
        reject(new Refused(`HTTP ${statusCode}`));
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

/** Gives up with the signal, whatever the socket does. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new DOMException("aborted", "AbortError"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
