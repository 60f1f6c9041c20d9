import { createHash } from "node:crypto";
import type { ChatId, JobId, UserId } from "./contract/ids.ts";
import type { Sid } from "./contract/rooms.ts";

/** Part of a key that may hold anything: colons in it must not look like the key's own. */
const part = encodeURIComponent;

/** Every Redis key, channel, stream and group. Redis-S: streams and state. Redis-P: pub/sub. Redis-C: cache. */
export const keys = {
  /** S, hash: owner, chat, status, attempt, n, message … the record the fence reads. */
  job: (job: JobId) => `chat:job:${job}`,
  /** S, stream: the job log, entry ids `<attempt>-<n>`. */
  log: (job: JobId) => `chat:tokens:${job}`,
  /** S, string JSON: snapshot of the answer for late readers. */
  snapshot: (job: JobId) => `chat:token_state:${job}`,
  /** S, string JSON: the latest stage event; the ending once there is one. */
  state: (job: JobId) => `chat:state:${job}`,
  /** S, string: last entry id relayed to Pub/Sub. */
  published: (job: JobId) => `chat:published:${job}`,
  /** S, stream: what router and persistence read. */
  shard: (shard: number) => `chat:events:${shard}`,
  /** S, string: how many entries of a shard were ever dropped; what is missing beyond was removed by somebody. */
  dropped: (shard: number) => `chat:events-dropped:${shard}`,
  /** S, list: jobs of one chat in order; the head is the one that may run. */
  turns: (chat: ChatId) => `chat:turns:${chat}`,
  /** S, hash: the question a job waits for, and its answer. */
  input: (job: JobId) => `chat:input:${job}`,
  /** S, string JSON: how a finished job ran: nodes, times, policies, usage. */
  run: (job: JobId) => `chat:run:${job}`,
  /** S, zset: jobs of a chat that PostgreSQL may not have yet; score = accepted at, ms. */
  recent: (chat: ChatId) => `chat:recent:${chat}`,
  /** S, hash: owner and title of a chat, so that posts outlive a PostgreSQL outage. */
  chatOwner: (chat: ChatId) => `chat:owner:${chat}`,
  /** S, zset: running and queued jobs by deadline, ms; the watchdog's list. */
  deadlines: "chat:deadlines",
  /** S, stream: accepted jobs the broker has not confirmed yet. */
  outbox: "chat:outbox",
  /** S, string: `<body hash> <job id>` of a message sent with an Idempotency-Key. */
  idempotency: (user: UserId, key: string) =>
    `chat:idempotency:${user}:${createHash("sha256").update(key).digest("hex").slice(0, 32)}`,
  /** S, string JSON: an upload somebody was given an address for, until it was called back. */
  imagePending: (key: string) => `image:pending:${key}`,
  /** S, string: the same for a photographed thing. */
  scanIdempotency: (user: UserId, key: string) =>
    `scan:idempotency:${user}:${createHash("sha256").update(key).digest("hex").slice(0, 32)}`,
  /** S, string JSON: what a finished stage of a scan found, for the next attempt. */
  scanCheckpoint: (job: JobId, stage: string) => `scan:checkpoint:${job}:${stage}`,
  /** S, zset: jobs of a user that may not have ended; score = accepted at, ms. */
  userJobs: (user: UserId) => `chat:user-jobs:${user}`,
  /** P, hash: a token bucket of a user or an address. */
  bucket: (rule: string, who: string) => `limit:${rule}:${who}`,
  /** P, zset: open streams of a user; score = until when the place is kept, ms. */
  userStreams: (user: UserId) => `limit:open-streams:${user}`,
  /** S, stream: revoked tokens, `jti` and `exp` (seconds; 0: not revoked after all), as far back as any is good. */
  revocations: "auth:revocations",
  /** S, string JSON: a sign-in on its way to a sign-in service and back. */
  oauthState: (state: string) => `oauth:state:${state}`,
  /** S, string JSON: a person chosen on the page of the development sign-in. */
  devCode: (code: string) => `oauth:dev-code:${code}`,
  /** S, hash: a session, one sign-in on one device: user, jti of its refresh token, device. */
  session: (session: string) => `${sessionPrefix}${session}`,
  /** S, zset: sessions of a user by their end, ms. */
  sessions: (user: UserId) => `user:tokens:${user}`,
  /** S, string `<jti> <access jti> <issued at>`: what a refresh token was just traded for. */
  rotated: (jti: string) => `token:rotated:${jti}`,
  /** S, list: revocations the broker did not take; and those a router is bringing to it. */
  revocationOutbox: "outbox:blacklist",
  revocationOutboxTaken: "outbox:blacklist:processing",
  /** S, list: those nobody can read. */
  revocationOutboxDead: "outbox:blacklist:dlq",
  /** S, string: model tokens used on a day, of one user or (undefined) of all. */
  modelTokens: (day: string, user: UserId | undefined) => `budget:tokens:${day}:${user ?? "all"}`,
  /** S, string: which router replica relays a shard. */
  shardLease: (shard: number) => `chat:lease:shard:${shard}`,
  /** S, string: which router replica does a periodic duty (watchdog, outbox, trim). */
  dutyLease: (duty: string) => `chat:lease:duty:${duty}`,
  /** S, stream: queue messages given up, for people to look at and replay. */
  deadLetters: "chat:dead-letters",
  /** S, stream: persistence entries set aside. */
  persistenceDeadLetters: "chat:persistence:dlq",
  /** C, hash: one checkpoint of a thread (a chat) and namespace. */
  checkpoint: (thread: string, ns: string, id: string) => `cp:${part(thread)}:${part(ns)}:${id}`,
  /** C, set: tasks with writes that wait on a checkpoint; and, with a task, hash: those writes. */
  checkpointWrites: (thread: string, ns: string, id: string, task?: string) =>
    `cp:writes:${part(thread)}:${part(ns)}:${id}${task === undefined ? "" : `:${part(task)}`}`,
  /** C, string: id of the newest checkpoint. */
  checkpointLatest: (thread: string, ns: string) => `cp:latest:${part(thread)}:${part(ns)}`,
  /** C, zset: checkpoint ids by the order they were written in. */
  checkpointHistory: (thread: string, ns: string) => `cp:history:${part(thread)}:${part(ns)}`,
  /** C, set: namespaces of a thread, encoded. */
  checkpointSpaces: (thread: string) => `cp:spaces:${part(thread)}`,
  /** C, string: `<attempt> <job id>` of the only writer of a thread. */
  checkpointFence: (thread: string) => `cp:fence:${part(thread)}`,
  /** C, list: checkpoints PostgreSQL does not have yet, the oldest last. */
  syncQueue: "checkpoint:sync:queue",
  /** C, list: those PostgreSQL refused. */
  syncDeadLetters: "checkpoint:sync:dlq",
  /** C, string: which worker copies at the moment. */
  syncLease: "checkpoint:sync:lease",
  /** C, string JSON: an answer of an outside service, for as long as it holds. */
  apiCache: (name: string) => `chat:api:${name}`,
  /** C, string JSON: what a message without a history asks for. */
  intentCache: (hash: string) => `chat:cache:intent:${hash}`,
  /** S, stream: what was said in a room; fields `participant` and `body`. */
  room: (sid: Sid) => `chat:session:${sid}`,
  /** S, hash: `llm_mode`, `access`, and the fence of the last run that spoke. */
  roomMeta: (sid: Sid) => `room:meta:${sid}`,
  /** S, hash: role → user who has it. */
  roomMembers: (sid: Sid) => `room:members:${sid}`,
  /** S, list of JSON: invocations of the model that wait. */
  roomQueue: (sid: Sid) => `room:llmq:${sid}`,
  /** S, string: id of the entry a job became, `-` when it failed. */
  roomPublished: (job: JobId) => `room:published:${job}`,
  /** S, string JSON: what a room was opened with. */
  roomInfo: (sid: Sid) => `session:info:${sid}`,
  /** P, channel: an entry was added to a room. */
  roomBell: (sid: Sid) => `room:bell:${sid}`,
  /** P, channel: frames of a room that are not stored. */
  roomLive: (sid: Sid) => `room:live:${sid}`,
  /** P, zset: open sockets of a room; score = until when the place is kept, ms. */
  roomSockets: (sid: Sid) => `room:sockets:${sid}`,
  /** P, hash: a token bucket of a room, or of a user in rooms. */
  roomBucket: (scope: string, who: string) => `rl:room:${scope}:${who}`,
  /** C, zset: ids of the newest articles of a list; score = published at, ms. */
  newsFeed: (list: string) => `news:feed:${list}`,
  /** C, hash: one article, as JSON in `json`. */
  newsArticle: (id: string) => `news:article:${id}`,
  /** C, string: somebody fills this list's feed. */
  newsLock: (list: string) => `news:lock:${list}`,
  /** S, string: calls of a news source in its window, which is named. */
  newsCalls: (source: string, window: string) => `rate_limit:counter:${source}:${window}`,
  /** S, string: a news source said that it was asked too often, and is left alone as long as this is here. */
  newsHold: (source: string) => `rate_limit:hold:${source}`,
  /** P, channel: hints for readers of one job. */
  live: (job: JobId) => `sse:events:${job}`,
  /** S, list: what was said with the assistant in a session, the newest first; the shape is `contract/turn.ts`. */
  assistantMemory: (ns: string, sid: string) => `${ns}:chat:${sid}`,
  /** S, string: whose session it is. */
  assistantOwner: (ns: string, sid: string) => `${ns}:chat:owner:${sid}`,
  /** S, string JSON: what was said before the part of a session that a model is told word by word. */
  assistantSummary: (ns: string, sid: string) => `${ns}:chat:summary:${sid}`,
  /** S, string: token of a lock's holder. */
  lock: (ns: string, key: string) => `${ns}:lock:${key}`,
  /** S, string: the newest fence of a lock; a write that carries an older one is refused. */
  lockFence: (ns: string, key: string) => `${ns}:lockfence:${key}`,
  /** P, channel: news for the worker that runs a job (`<job id>`: look at it now). */
  worker: (worker: string) => `chat:worker:${worker}`,
} as const;

/** What every checkpoint key begins with. */
export const checkpointPrefix = "cp:";

/** Prefix of sessions, for scripts that end those of a user. */
export const sessionPrefix = "token:meta:";

/** Prefix of job records, for scripts that look at another job of the same chat. */
export const jobPrefix = "chat:job:";

export const groups = { relay: "eventrouter", persistence: "chat-persistence" } as const;
