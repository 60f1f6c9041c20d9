import { signal } from "@preact/signals";
import { ApiError, callJson } from "../../client/request.ts";
import { connection } from "./session.ts";

const route = "/api/v1/images";
/** What the server takes; anything else is made one of these first. */
export const photoTypes = "image/png,image/jpeg,image/gif,image/webp,image/heic,image/heif";
/** Above this a photo is made smaller first: it is looked at in little detail, and phones pay for bytes. */
const plainBytes = 3 * 1024 * 1024;
const plain = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const answer = signal<boolean | undefined>(undefined);

/** Whether this server takes photo files: an empty request changes nothing, and some refusals say no. */
export const canUpload = {
  answer,
  async ask(): Promise<void> {
    if (answer.value !== undefined) return;
    const status = await callJson(connection, `${route}/chat`, { method: "POST", body: {} }).then(
      () => 200,
      (cause: unknown) => (cause instanceof ApiError ? cause.status : 0),
    );
    if (status !== 0) answer.value = ![404, 405, 501].includes(status);
  },
};

interface Place {
  readonly upload_url: string;
  readonly cdn_url: string;
  readonly required_headers: Readonly<Record<string, string>>;
}

/** Puts a photo where the agent can see it; its address, or undefined when that failed. */
export async function upload(
  file: File,
  channel: "chat" | "scan" = "chat",
): Promise<string | undefined> {
  try {
    const isPlain = plain.includes(file.type) && file.size <= plainBytes;
    const photo = isPlain ? file : await (await import("./smaller-photo.ts")).smallerPhoto(file);
    const body = { filename: photo.name, content_type: photo.type };
    const place = await callJson<Place>(connection, `${route}/${channel}`, {
      method: "POST",
      body,
    });
    const { upload_url, cdn_url, required_headers: headers } = place;
    // the address speaks for itself: no token, no cookie
    const put = await fetch(upload_url, {
      method: "PUT",
      body: photo,
      headers,
      credentials: "omit",
    });
    return put.ok ? cdn_url : undefined;
  } catch {
    return undefined;
  }
}
