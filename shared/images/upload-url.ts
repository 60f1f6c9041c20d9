import { createHmac, timingSafeEqual } from "node:crypto";

/** Where the embedded store and workers' pictures are put. */
export const uploadPath = "/api/v1/images/_upload";

/** What an upload address allows: these bytes' place and type, until then. */
export interface UploadRight {
  readonly key: string;
  readonly contentType: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Whose picture a worker made; undefined where the owner asked for the address and is known by the key. */
  readonly by?: string | undefined;
}

/** An address that lets whoever has it put one picture, once. */
export function uploadUrl(apiBase: string, secret: string, right: UploadRight): string {
  const query = new URLSearchParams({ exp: String(right.expiresAt), ct: right.contentType });
  if (right.by !== undefined) query.set("by", right.by);
  query.set("sig", sign(secret, right));
  return `${apiBase}${uploadPath}/${right.key}?${query.toString()}`;
}

/** What an address allows, undefined unless it was signed with this secret. Whether it is too late is for the caller. */
export function readUploadRight(
  key: string,
  query: Readonly<Record<string, string>>,
  secret: string,
): UploadRight | undefined {
  const { exp = "", ct: contentType = "", by, sig = "" } = query;
  if (!/^\d{1,12}$/.test(exp)) return undefined;
  const right = { key, contentType, expiresAt: Number(exp), by };
  const [given, good] = [Buffer.from(sig), Buffer.from(sign(secret, right))];
  return given.length === good.length && timingSafeEqual(given, good) ? right : undefined;
}

/** JSON keeps the parts apart whatever is in them. */
function sign(secret: string, { key, contentType, expiresAt, by }: UploadRight): string {
  const text = JSON.stringify([key, contentType, expiresAt, by ?? null]);
  return createHmac("sha256", secret).update(text).digest("base64url");
}
