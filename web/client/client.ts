import { newId } from "./new-id.ts";
import { ApiError, callJson, type Connection } from "./request.ts";
import { type StreamOptions, streamJob } from "./stream-job.ts";
import type { JobUpdate } from "./updates.ts";
import type {
  ChatPage,
  CreatedChat,
  History,
  HumanInput,
  JobStatus,
  Outgoing,
  Topology,
} from "./wire.ts";

export interface ClientOptions {
  /** Origin of the gateway; leave it out in a page the gateway serves. */
  readonly baseUrl?: string;
  /** Leave it out where a cookie speaks for the user. */
  readonly getToken?: Connection["getToken"];
  readonly fetch?: Connection["fetch"];
}

interface Page {
  readonly limit?: number;
  readonly cursor?: string | undefined;
  readonly signal?: AbortSignal;
}

interface SendOptions {
  /** Makes a repeated send harmless; one is made up when left out. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export type Client = ReturnType<typeof createClient>;

const base = "/api/v1/chat";
/** With the same key the server accepts a message once, so trying again is safe. */
const sendTries = 4;
const sendWaitMs = 400;

/** Speaks PROTOCOL.md for one user. Every call throws `ApiError` when refused. */
export function createClient(options: ClientOptions = {}) {
  const to: Connection = {
    baseUrl: (options.baseUrl ?? "").replace(/\/$/, ""),
    getToken: options.getToken ?? (() => undefined),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
  };

  return {
    chats: {
      list: ({ limit, cursor, signal }: Page = {}) =>
        callJson<ChatPage>(to, base, { query: { limit, cursor }, signal }),
      create: (title?: string) =>
        callJson<CreatedChat>(to, base, {
          method: "POST",
          ...(title === undefined ? {} : { body: { title } }),
        }),
      rename: (chatId: string, title: string) =>
        callJson<void>(to, `${base}/${chatId}`, { method: "PATCH", body: { title } }),
      remove: (chatId: string) => callJson<void>(to, `${base}/${chatId}`, { method: "DELETE" }),
    },
    /** The newest messages before the cursor, oldest first. */
    history: (chatId: string, { limit, cursor, signal }: Page = {}) =>
      callJson<History>(to, `${base}/${chatId}`, { query: { limit, cursor }, signal }),
    /** Sends a message and says which job answers it; tries again while that is safe and may help. */
    send: (chatId: string, message: Outgoing, { idempotencyKey, signal }: SendOptions = {}) =>
      trySend(to, chatId, message, idempotencyKey ?? newId(), signal),
    /** Follows a job to its end; comes back by itself when the line breaks. */
    stream: (jobId: string, how: StreamOptions = {}): AsyncGenerator<JobUpdate, void> =>
      streamJob(to, jobId, how),
    cancel: (jobId: string) => callJson<void>(to, `${base}/${jobId}/cancel`, { method: "POST" }),
    /** Answers a `needs_input`. */
    input: (jobId: string, body: HumanInput) =>
      callJson<void>(to, `${base}/${jobId}/input`, { method: "POST", body }),
    status: (jobId: string) => callJson<JobStatus>(to, `${base}/${jobId}/status`),
    topology: () => callJson<Topology>(to, `${base}/topology`),
  };
}

async function trySend(
  to: Connection,
  chatId: string,
  message: Outgoing,
  key: string,
  signal: AbortSignal | undefined,
): Promise<{ job_id: string }> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await callJson<{ job_id: string }>(to, `${base}/${chatId}/messages`, {
        method: "POST",
        body: message,
        headers: { "idempotency-key": key },
        signal,
      });
    } catch (cause) {
      if (!(cause instanceof ApiError) || !cause.isPassing || tries === sendTries) throw cause;
      const waitMs =
        cause.retryAfterMs ?? sendWaitMs * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
      if (waitMs > 10_000) throw cause; // a person decides about waits they would notice
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      signal?.throwIfAborted();
    }
  }
}
