import { BlockList } from "node:net";

/** Networks no picture of ours lives in: loopback, private, link-local, shared, test, multicast, mapped. */
const closed = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  closed.addSubnet(net, bits, "ipv4");
}
/** Of IPv6 only global unicast is public; inside it, networks that carry an IPv4 address or none at all. */
const open6 = new BlockList();
open6.addSubnet("2000::", 3, "ipv6");
const closed6 = new BlockList();
for (const [net, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
] as const) {
  closed6.addSubnet(net, bits, "ipv6");
}

const localName = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i;

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
    const address = host.slice(1, -1);
    const isPublic = open6.check(address, "ipv6") && !closed6.check(address, "ipv6");
    return isPublic ? undefined : "must have a public address";
  }
  // the URL parser writes every form of an IPv4 address as four decimals
  const isIpv4 = /^\d+\.\d+\.\d+\.\d+$/.test(host);
  if ((isIpv4 && closed.check(host, "ipv4")) || localName.test(host)) {
    return "must have a public address";
  }
  return undefined;
}
