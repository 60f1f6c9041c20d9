import { EventSource } from "eventsource";
import { tinyPng } from "./fakes/fake-openai.ts";
import type { Client, Target } from "./client.ts";

/** A named event as the client heard it. */
export interface Heard {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

export interface Scanned {
  readonly jobId: string;
  readonly heard: readonly Heard[];
  /** Events without a name: the existing client listens to those too, and counts one twice that comes as both. */
  readonly unnamed: number;
  readonly result: Record<string, unknown>;
  /** From sending the scan to hearing `done`. */
  readonly ms: number;
}

const events = ["queued", "vision", "rule", "answer", "reward", "done"];

/** Calls exactly as the existing web client makes them, with its cookie and nothing else. */
export class Photographer {
  readonly user: string;
  readonly #target: Target;
  readonly #token: Promise<string>;

  constructor(target: Target, client: Pick<Client, "user" | "bearer">) {
    this.#target = target;
    this.user = client.user;
    this.#token = client.bearer();
  }

  async call(method: string, path: string, body?: unknown, headers = {}): Promise<Response> {
    return fetch(`${this.#target.base_url}${path}`, {
      method,
      headers: {
        cookie: `s_access=${await this.#token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A picture from disk to its address: presign, then PUT without any cookie. */
  async upload(): Promise<string> {
    const asked = { filename: "photo.png", content_type: "image/png" };
    const answer = await this.call("POST", "/api/v1/images/scan", asked);
    const { upload_url, cdn_url, required_headers } = (await answer.json()) as {
      upload_url: string;
      cdn_url: string;
      required_headers: Record<string, string>;
    };
    const body = Buffer.from(tinyPng, "base64");
    const put = await fetch(upload_url, { method: "PUT", headers: required_headers, body });
    if (!put.ok) throw new Error(`PUT answered ${put.status} ${await put.text()}`);
    return cdn_url;
  }

  /** Sends a picture and follows it to its result. */
  async scan(image_url: string, more: Record<string, unknown> = {}): Promise<Scanned> {
    const sentAt = performance.now();
    const answer = await this.call("POST", "/api/v1/scan", { image_url, ...more });
    if (!answer.ok) throw new Error(`POST answered ${answer.status} ${await answer.text()}`);
    const { stream_url, result_url } = (await answer.json()) as Record<string, string>;
    const heard: Heard[] = [];
    let unnamed = 0;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cookie = `s_access=${await this.#token}`;
    const source = new EventSource(`${this.#target.base_url}${stream_url}`, {
      withCredentials: true,
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, cookie } }),
    });
    const timer = setTimeout(() => reject(new Error("no done within 60 s")), 60_000);
    source.addEventListener("message", () => unnamed++);
    // the client closes for good and polls from then on
    source.addEventListener("error", () => reject(new Error("an error or a disconnect")));
    for (const event of events) {
      source.addEventListener(event, ({ data }: MessageEvent<string>) => {
        const one = { event, data: JSON.parse(data) as Heard["data"] };
        heard.push(one);
        if (event === "done" && one.data["status"] === "completed") resolve();
      });
    }
    await promise.finally(() => (clearTimeout(timer), source.close()));
    const ms = performance.now() - sentAt;
    const got = await this.call("GET", result_url ?? "");
    if (got.status !== 200) throw new Error(`the result answered ${got.status} after done`);
    const result = (await got.json()) as Record<string, unknown>;
    return { jobId: (result_url ?? "").split("/").at(-2) ?? "", heard, unnamed, result, ms };
  }
}

/** `stage status seq` of what was heard. */
export const toldOf = (heard: readonly Heard[]) =>
  heard.map(
    ({ data }) => `${String(data["stage"])} ${String(data["status"])} ${String(data["seq"])}`,
  );
