import { signal } from "@preact/signals";
import { token } from "./session.ts";

const route = "/api/v1/images/chat";

const headers = (): Record<string, string> => ({
  "content-type": "application/json",
  ...(token.value === undefined ? {} : { authorization: `Bearer ${token.value}` }),
});

const answer = signal<boolean | undefined>(undefined);

/** Whether this server takes photo files: an empty request changes nothing, and a 404 says no. */
export const canUpload = {
  answer,
  async ask(): Promise<void> {
    if (answer.value !== undefined) return;
    const response = await fetch(route, { method: "POST", headers: headers(), body: "{}" }).catch(
      () => undefined,
    );
    if (response) answer.value = response.status !== 404 && response.status !== 405;
  },
};

/** Puts a photo where the agent can see it; its address, or undefined when that failed. */
export async function upload(file: File): Promise<string | undefined> {
  try {
    const body = JSON.stringify({ filename: file.name, content_type: file.type });
    const asked = await fetch(route, { method: "POST", headers: headers(), body });
    if (!asked.ok) return undefined;
    const { upload_url, cdn_url } = (await asked.json()) as { upload_url: string; cdn_url: string };
    const put = await fetch(upload_url, {
      method: "PUT",
      body: file,
      headers: { "content-type": file.type },
    });
    return put.ok ? cdn_url : undefined;
  } catch {
    return undefined;
  }
}
