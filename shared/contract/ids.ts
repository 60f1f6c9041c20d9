import { createHash } from "node:crypto";
import * as v from "valibot";

const uuid = v.pipe(v.string(), v.uuid("must be a UUID"), v.toLowerCase());

export const ChatId = v.pipe(uuid, v.brand("ChatId"));
export type ChatId = v.InferOutput<typeof ChatId>;
export const JobId = v.pipe(uuid, v.brand("JobId"));
export type JobId = v.InferOutput<typeof JobId>;
export const UserId = v.pipe(uuid, v.brand("UserId"));
export type UserId = v.InferOutput<typeof UserId>;
export const MessageId = v.pipe(uuid, v.brand("MessageId"));
export type MessageId = v.InferOutput<typeof MessageId>;

export function newChatId(): ChatId {
  return v.parse(ChatId, crypto.randomUUID());
}

export function newJobId(): JobId {
  return v.parse(JobId, crypto.randomUUID());
}

/** Namespace of message ids; a constant for ever, or redelivered jobs would write second rows. */
const messageNamespace = "5f0c7c1e-3f0a-4c55-9d0b-6a1f6b0f2e4d";

/** The UUID (version 5) of a name. */
export function namedUuid(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The row ids of a job, known before the rows exist. */
export function messageIds(job: JobId): { user: MessageId; assistant: MessageId } {
  return {
    user: v.parse(MessageId, namedUuid(messageNamespace, `${job}:user`)),
    assistant: v.parse(MessageId, namedUuid(messageNamespace, `${job}:assistant`)),
  };
}

const characterNamespace = "6d3c1f0a-8b1e-4e52-9a57-2f6c0d7e91b4";

/** The id of a character, the same in every installation. The default one's is the contract's. */
export function characterId(code: string): string {
  if (code === "char-eco") return "00000000-0000-0000-0000-000000000001";
  return namedUuid(characterNamespace, code);
}

/** The row id of a character a user owns: a reward given twice is one row. */
export function ownershipId(user: UserId, code: string): string {
  return namedUuid(characterNamespace, `ownership:${user}:${code}`);
}

const inputNamespace = "0b9f2f0e-54a1-4f0b-8a0c-0f5b9b1d7c11";

/** The id of a question of a job: the same for every attempt that comes to ask it. */
export function inputRequestId(job: JobId, node: string, ordinal: number): string {
  return namedUuid(inputNamespace, `${job}:${node}:${ordinal}`);
}

/** The shard stream of a job: first 8 bytes of md5(job id), big endian, modulo the shard count. */
export function shardOf(job: JobId, shardCount: number): number {
  const first8 = createHash("md5").update(job).digest().readBigUInt64BE(0);
  return Number(first8 % BigInt(shardCount));
}

/** Place of an event in its job log: `<attempt>-<n>`. Opaque to clients, strictly rising in a job. */
export interface EventId {
  readonly attempt: number;
  readonly n: number;
}

const eventIdPattern = /^(0|[1-9]\d{0,14})-([1-9]\d{0,9})$/;

/** Undefined when the text is not an event id. */
export function parseEventId(text: string): EventId | undefined {
  const match = eventIdPattern.exec(text);
  return match ? { attempt: Number(match[1]), n: Number(match[2]) } : undefined;
}

export function formatEventId(id: EventId): string {
  return `${id.attempt}-${id.n}`;
}

/** Negative when a comes before b. */
export function compareEventIds(a: EventId, b: EventId): number {
  return a.attempt - b.attempt || a.n - b.n;
}
