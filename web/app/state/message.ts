import type { Held } from "../../client/hold-text.ts";
import type { Outgoing, ServerMessage } from "../../client/wire.ts";
import type { Run } from "../run/run.ts";

/**
 * A message's life on this device.
 * `pending` shown, not yet accepted by the server; `streaming` accepted, its job runs; `committed` the job ended
 * and the server has it (or will within seconds); `failed` not sent, or the job failed.
 */
type MessageStatus = "pending" | "streaming" | "committed" | "failed";

interface Failure {
  readonly code: string;
  /** For people; empty when the page knows a better sentence for the code. */
  readonly message: string;
}

export interface Message {
  /** Made here for what was sent from here, else the server's id. Also the element's key. */
  readonly clientId: string;
  readonly serverId: string | null;
  readonly chatId: string;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly imageUrl: string | null;
  readonly status: MessageStatus;
  readonly jobId: string | null;
  /** Of an answer: the client id of its question. */
  readonly turn: string | null;
  /** Milliseconds since 1970; the server's once it has the message. */
  readonly createdAt: number;
  /** When this device saw the end. */
  readonly committedAt: number | null;
  readonly failure: Failure | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** What a stream of the job can go on from. */
  readonly held: Held | null;
  readonly run: Run | null;
  /** The body as it was sent, until it is accepted: a repeated key wants the same body. */
  readonly sent: Outgoing | null;
}

const blank = {
  serverId: null,
  imageUrl: null,
  jobId: null,
  turn: null,
  committedAt: null,
  failure: null,
  metadata: null,
  held: null,
  run: null,
  sent: null,
} as const;

/** A message as it is before anything happened to it. */
export function newMessage(
  of: Pick<Message, "clientId" | "chatId" | "role" | "content" | "createdAt"> & Partial<Message>,
): Message {
  return { ...blank, status: "pending", ...of };
}

/** What the history says, as a message. */
export function fromServer(chatId: string, message: ServerMessage): Message {
  const { id, role, content, image_url, job_id, metadata, created_at } = message;
  const code = typeof metadata?.["error"] === "string" ? metadata["error"] : undefined;
  return newMessage({
    clientId: id,
    serverId: id,
    chatId,
    role,
    content,
    imageUrl: image_url,
    jobId: job_id ?? null,
    status: "committed",
    createdAt: Date.parse(created_at),
    metadata,
    failure: code === undefined ? null : { code, message: "" },
  });
}

/** A job of it may still run. */
export const isUnderway = (message: Message): boolean =>
  message.status === "pending" || message.status === "streaming";
