import { isIP } from "node:net";

/** Whose addresses are not counted unless a limit was configured: the machine itself. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}

/**
 * The address a request comes from. `hops` proxies of ours each added the address they saw to the end of
 * `X-Forwarded-For`; what stands before those was written by the client and means nothing.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  hops: number,
): string | undefined {
  if (hops === 0 || forwardedFor === undefined) return peer;
  const claimed = forwardedFor.split(",").at(-hops)?.trim() ?? "";
  return isIP(claimed) === 0 ? peer : claimed;
}

/** What is counted: an IPv4 address, or the /64 that one subscriber of IPv6 has. */
export function countedAs(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
