import { SignJWT } from "jose";
import type { StackFile } from "./stack.ts";

/** One frame of an event stream. */
export interface Frame {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** What a reader ends up with. */
export interface Reading {
  readonly status: number;
  readonly frames: Frame[];
  /** The text a right client holds, by the rules of PROTOCOL.md. */
  readonly text: string;
  readonly lastId: string | undefined;
  readonly done: Frame | undefined;
}

function parseFrame(block: string): Frame | undefined {
  let id: string | undefined;
  let event = "message";
  let data: string | undefined;
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
  }
  return data === undefined ? undefined : { id, event, data: JSON.parse(data) as Frame["data"] };
}

/** Follows the text over one frame. */
export function follow(text: string, frame: Frame): string {
  if (frame.event === "token") return text + String(frame.data["content"]);
  if (frame.event === "token_recovery") return String(frame.data["accumulated"]);
  return text;
}

/** Where a fleet is and how its tokens are signed. */
export interface Target extends Pick<StackFile, "jwt_secret" | "jwt_iss" | "jwt_aud"> {
  /** Asked anew for every request: a client of several gateways moves between them. */
  readonly base_url: string;
}

const tokenMinutes = 60;
/** Long runs outlive a token. */
const renewMs = (tokenMinutes / 2) * 60_000;

/** A client that knows nothing of the code, only the protocol. */
export class Client {
  readonly user: string;
  private token: Promise<string> | undefined;
  private signedAt = 0;
  private readonly stack: Target;

  constructor(stack: Target, user: string = crypto.randomUUID()) {
    this.user = user;
    this.stack = stack;
  }

  private sign(): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(this.user)
      .setIssuer(this.stack.jwt_iss)
      .setAudience(this.stack.jwt_aud)
      .setIssuedAt()
      .setExpirationTime(`${tokenMinutes}m`)
      .setJti(crypto.randomUUID())
      .sign(new TextEncoder().encode(this.stack.jwt_secret));
  }

  /** Its token, for whoever sends it as a cookie or over a connection of its own. */
  bearer(): Promise<string> {
    const now = performance.now();
    if (this.token === undefined || now - this.signedAt > renewMs) {
      this.signedAt = now;
      this.token = this.sign();
    }
    return this.token;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${await this.bearer()}`);
    return fetch(`${this.stack.base_url}${path}`, { ...init, headers });
  }

  async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${init.method ?? "GET"} ${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  post<T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.json<T>(path, {
      method: "POST",
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async createChat(): Promise<string> {
    return (await this.post<{ id: string }>("/api/v1/chat")).id;
  }

  /** Sends a message; returns the job id. */
  async send(chat: string, message: string, more: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.post<{ job_id: string }>(`/api/v1/chat/${chat}/messages`, {
      message,
      ...more,
    });
    return answer.job_id;
  }

  /**
   * Reads a job's events until the stream ends or `until` says so (then the connection is cut).
   * `before`: what the client held when it was cut.
   */
  async read(
    job: string,
    options: {
      readonly lastId?: string | undefined;
      readonly text?: string;
      readonly until?: (frame: Frame, count: number) => boolean;
      readonly timeoutMs?: number;
      /** Called for every frame, with the connection still open. */
      readonly onFrame?: (frame: Frame) => void;
    } = {},
  ): Promise<Reading> {
    const cut = new AbortController();
    const timer = setTimeout(
      () => cut.abort(new Error("the stream took too long")),
      options.timeoutMs ?? 60_000,
    );
    const frames: Frame[] = [];
    let text = options.text ?? "";
    let lastId = options.lastId;
    let status = 0;
    try {
      const response = await this.fetch(`/api/v1/chat/${job}/events`, {
        headers: lastId === undefined ? {} : { "last-event-id": lastId },
        signal: cut.signal,
      });
      status = response.status;
      if (status !== 200 || !response.body)
        return { status, frames, text, lastId, done: undefined };
      let rest = "";
      const decoder = new TextDecoder();
      reading: for await (const chunk of response.body) {
        rest += decoder.decode(chunk, { stream: true });
        const blocks = rest.split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const frame = parseFrame(block);
          if (!frame) continue;
          frames.push(frame);
          text = follow(text, frame);
          lastId = frame.id ?? lastId;
          options.onFrame?.(frame);
          if (options.until?.(frame, frames.length)) break reading;
        }
      }
    } finally {
      clearTimeout(timer);
      cut.abort();
    }
    return { status, frames, text, lastId, done: frames.find((frame) => frame.event === "done") };
  }
}

/** The answer in an ending. */
export function resultOf(done: Frame | undefined): Record<string, unknown> {
  return (done?.data["result"] ?? {}) as Record<string, unknown>;
}

/** True when every id is above the one before. */
export function idsRise(frames: readonly Frame[]): boolean {
  const ids = frames.flatMap((frame) => (frame.id === undefined ? [] : [frame.id]));
  return ids.every((id, i) => {
    if (i === 0) return true;
    const [a = 0, n = 0] = id.split("-").map(Number);
    const [b = 0, m = 0] = (ids[i - 1] ?? "0-0").split("-").map(Number);
    return a > b || (a === b && n > m);
  });
}
