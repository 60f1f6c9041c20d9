import { AppError } from "../../shared/errors.ts";
import { images } from "../../shared/limits.ts";
import type { Stored } from "./images.ts";
import { receiveImage } from "./receive.ts";
import type { S3Settings } from "./settings.ts";

/** A bucket that speaks S3. Clients put into it directly; what workers make comes through us. */
export interface S3Store {
  readonly kind: "s3";
  /** An address that takes exactly this type at this key, for `images.uploadSeconds`. */
  presign(key: string, contentType: string): Promise<string>;
  receive(key: string, declared: string, body: ReadableStream<Uint8Array> | null): Promise<Stored>;
  stat(key: string): Promise<Stored | undefined>;
  remove(key: string): Promise<void>;
}

const askMs = 10_000;

export function openS3Store({ bucketUrl, region, ...credentials }: S3Settings): S3Store {
  // loaded on first use: a gateway with the embedded store never needs it
  const client = async () => {
    const { AwsClient } = await import("aws4fetch");
    return new AwsClient({ ...credentials, region, service: "s3", retries: 2 });
  };
  const urlOf = (key: string) => `${bucketUrl}/${key}`;
  const ask = async (method: string, key: string, init: RequestInit = {}) => {
    const signer = await client();
    const signal = AbortSignal.timeout(askMs);
    const answer = await signer.fetch(urlOf(key), { ...init, method, signal }).catch(away);
    if (answer.status >= 500) return away(new Error(`S3 answered ${answer.status}`));
    return answer;
  };
  return {
    kind: "s3",
    async presign(key, contentType) {
      const url = `${urlOf(key)}?X-Amz-Expires=${images.uploadSeconds}`;
      // allHeaders: the type is signed too, so that no page can be put where a picture was announced
      const signed = await (
        await client()
      ).sign(url, {
        method: "PUT",
        headers: { "content-type": contentType },
        aws: { signQuery: true, allHeaders: true },
      });
      return signed.url;
    },
    async receive(key, declared, body) {
      const chunks: Uint8Array[] = [];
      const received = await receiveImage(body, declared, {
        write: async (chunk) => void chunks.push(chunk),
        read: async (offset, length) =>
          new Uint8Array(Buffer.concat(chunks)).subarray(offset, offset + length),
      });
      const headers = {
        "content-type": received.contentType,
        "cache-control": "public, max-age=31536000, immutable",
      };
      const answer = await ask("PUT", key, { body: Buffer.concat(chunks), headers });
      if (!answer.ok) return away(new Error(`S3 answered ${answer.status}`));
      return received;
    },
    async stat(key) {
      const answer = await ask("HEAD", key);
      if (answer.status === 404) return undefined;
      if (!answer.ok) return away(new Error(`S3 answered ${answer.status}`));
      return {
        etag: answer.headers.get("etag") ?? "",
        contentType: answer.headers.get("content-type") ?? "",
        bytes: Number(answer.headers.get("content-length") ?? 0),
      };
    },
    async remove(key) {
      const answer = await ask("DELETE", key);
      if (!answer.ok && answer.status !== 404) away(new Error(`S3 answered ${answer.status}`));
    },
  };
}

function away(cause: unknown): never {
  throw new AppError("UNAVAILABLE", { detail: "the image store does not answer", cause });
}
