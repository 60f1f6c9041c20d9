/** Why we close a socket; clients branch on the number. */
export const closeCodes = {
  sidMissing: 4001,
  sidInvalid: 4002,
  unauthorized: 4401,
  forbidden: 4403,
  idle: 4408,
  full: 4409,
  flooding: 4429,
  malformed: 1007,
  tooBig: 1009,
  internal: 1011,
  restarting: 1012,
  slow: 1013,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

export const closeReasons: Readonly<Record<CloseCode, string>> = {
  4001: "sid missing",
  4002: "sid invalid",
  4401: "token missing or invalid",
  4403: "token revoked, or not a member",
  4408: "idle",
  4409: "room full",
  4429: "too many frames",
  1007: "malformed frames",
  1009: "frame too big",
  1011: "internal error",
  1012: "restarting, come back",
  1013: "too slow",
};

/** Codes a client or the connection itself ends with. */
const theirs: readonly number[] = [1000, 1001, 1005, 1006, 1007, 1009];

/** The `code` label: one of a few, whatever a client sends. Bun tells its own closes as 1006 with a reason. */
export function closeLabel(ours: CloseCode | undefined, code: number, reason: string): string {
  if (ours !== undefined) return String(ours);
  if (code === 1006 && reason.includes("too big")) return "1009";
  if (code === 1006 && reason.includes("UTF-8")) return "1007";
  return theirs.includes(code) ? String(code) : "other";
}
