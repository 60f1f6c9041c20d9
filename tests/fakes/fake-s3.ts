import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { FakeServer } from "./fake-server.ts";

/** What the bucket holds, by key. */
interface Held {
  readonly bytes: Uint8Array;
  readonly type: string;
}
export interface FakeS3 extends Pick<FakeServer, "stop"> {
  readonly url: string;
  readonly held: Map<string, Held>;
  /** Answers everything with this status instead. */
  trouble(status: number | undefined): void;
}

interface FakeS3Options {
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/**
 * A bucket that checks AWS Signature Version 4 as S3 does, in headers and in the query. Written after "Authenticating
 * Requests (AWS Signature Version 4)" of the S3 reference, not after the library that signs.
 */
export function fakeS3(options: FakeS3Options): FakeS3 {
  const held = new Map<string, Held>();
  let status: number | undefined;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (status !== undefined) return new Response(null, { status });
      const url = new URL(request.url);
      const prefix = `/${options.bucket}/`;
      if (!url.pathname.startsWith(prefix)) return new Response(null, { status: 404 });
      const why = refusal(request, url, bytes, options);
      if (why !== undefined)
        return new Response(`<Error><Code>${why}</Code></Error>`, { status: 403 });
      const key = url.pathname.slice(prefix.length);
      const found = held.get(key);
      const etag = (of: Uint8Array) => `"${createHash("md5").update(of).digest("hex")}"`;
      switch (request.method) {
        case "PUT":
          held.set(key, { bytes, type: request.headers.get("content-type") ?? "" });
          return new Response(null, { headers: { etag: etag(bytes) } });
        case "DELETE":
          held.delete(key);
          return new Response(null, { status: 204 });
        default:
          if (!found) return new Response(null, { status: 404 });
          return new Response(found.bytes.slice(), {
            headers: { etag: etag(found.bytes), "content-type": found.type },
          });
      }
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    held,
    trouble: (next) => (status = next),
    stop: () => server.stop(true),
  };
}

/** Undefined when the signature is good. */
function refusal(
  request: Request,
  url: URL,
  body: Uint8Array,
  { accessKeyId, secretAccessKey, region }: FakeS3Options,
): string | undefined {
  const { searchParams: query } = url;
  const header = request.headers.get("authorization");
  const isPresigned = header === null;
  const fields = isPresigned
    ? {
        Credential: query.get("X-Amz-Credential"),
        SignedHeaders: query.get("X-Amz-SignedHeaders"),
        Signature: query.get("X-Amz-Signature"),
      }
    : Object.fromEntries(
        header
          .replace("AWS4-HMAC-SHA256 ", "")
          .split(", ")
          .map((part) => part.split("=") as [string, string]),
      );
  const { Credential: credential, SignedHeaders: names, Signature: given } = fields;
  const date = isPresigned ? query.get("X-Amz-Date") : request.headers.get("x-amz-date");
  if (!credential || !names || !given || !date) return "AccessDenied";
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  if (credential !== `${accessKeyId}/${scope}`) return "InvalidAccessKeyId";
  const at = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  const goodFor = isPresigned ? Number(query.get("X-Amz-Expires")) : 900;
  if (!(Date.now() < at + goodFor * 1000)) return "AccessDenied";

  const encode = (text: string) =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const pairs = [...query].filter(([name]) => name !== "X-Amz-Signature");
  const canonicalQuery = pairs
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const headers = names
    .split(";")
    .map((name) => `${name}:${(name === "host" ? url.host : request.headers.get(name)) ?? ""}\n`);
  const hash = isPresigned
    ? "UNSIGNED-PAYLOAD"
    : (request.headers.get("x-amz-content-sha256") ?? "");
  if (!/^UNSIGNED-PAYLOAD$/.test(hash) && hash !== createHash("sha256").update(body).digest("hex"))
    return "XAmzContentSHA256Mismatch";
  const canonical = [
    request.method,
    url.pathname,
    canonicalQuery,
    headers.join(""),
    names,
    hash,
  ].join("\n");
  const toSign = [
    "AWS4-HMAC-SHA256",
    date,
    scope,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const hmac = (key: string | Buffer, text: string) =>
    createHmac("sha256", key).update(text).digest();
  const key = ["aws4_request"].reduce(
    hmac,
    hmac(hmac(hmac(`AWS4${secretAccessKey}`, date.slice(0, 8)), region), "s3"),
  );
  const good = Buffer.from(hmac(key, toSign).toString("hex"));
  const got = Buffer.from(given);
  return good.length === got.length && timingSafeEqual(good, got)
    ? undefined
    : "SignatureDoesNotMatch";
}
