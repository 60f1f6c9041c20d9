import type { Redis } from "ioredis";
import type { Ending, JobErrorCode } from "./contract/event.ts";
import type { Turn } from "./contract/turn.ts";
import type { ChatId, EventId, JobId, UserId } from "./contract/ids.ts";
import { jobPrefix, keys } from "./keys.ts";
import { type JobSession, scanFields, sessionFields } from "./job-session.ts";
import { assistant, job as jobLimits, scan, stream, ttl } from "./limits.ts";
import acceptLua from "./lua/accept.lua" with { type: "text" };
import answerLua from "./lua/answer.lua" with { type: "text" };
import appendLua from "./lua/append.lua" with { type: "text" };
import askLua from "./lua/ask.lua" with { type: "text" };
import endSessionsLua from "./lua/end-sessions.lua" with { type: "text" };
import holdSlotLua from "./lua/hold-slot.lua" with { type: "text" };
import leaseLua from "./lua/lease.lua" with { type: "text" };
import lockAcquireLua from "./lua/lock-acquire.lua" with { type: "text" };
import lockReleaseLua from "./lua/lock-release.lua" with { type: "text" };
import lockRenewLua from "./lua/lock-renew.lua" with { type: "text" };
import openSessionLua from "./lua/open-session.lua" with { type: "text" };
import relayLua from "./lua/relay.lua" with { type: "text" };
import releaseLua from "./lua/release.lua" with { type: "text" };
import roomAppendLua from "./lua/room-append.lua" with { type: "text" };
import roomQueueLua from "./lua/room-queue.lua" with { type: "text" };
import renewLua from "./lua/renew.lua" with { type: "text" };
import rotateSessionLua from "./lua/rotate-session.lua" with { type: "text" };
import seizeLua from "./lua/seize.lua" with { type: "text" };
import spendLua from "./lua/spend.lua" with { type: "text" };
import takeTokensLua from "./lua/take-tokens.lua" with { type: "text" };
import takeLua from "./lua/take.lua" with { type: "text" };
import trimLua from "./lua/trim.lua" with { type: "text" };

type Arg = string | number;
interface ScriptCommands {
  eco2Accept(...args: Arg[]): Promise<(string | number)[]>;
  eco2Answer(...args: Arg[]): Promise<(string | number)[]>;
  eco2Append(...args: Arg[]): Promise<string[]>;
  eco2Ask(...args: Arg[]): Promise<(string | number)[]>;
  eco2EndSessions(...args: Arg[]): Promise<string[]>;
  eco2HoldSlot(...args: Arg[]): Promise<string>;
  eco2Lease(...args: Arg[]): Promise<string>;
  eco2LockAcquire(...args: Arg[]): Promise<number>;
  eco2LockRelease(...args: Arg[]): Promise<number>;
  eco2LockRenew(...args: Arg[]): Promise<number>;
  eco2OpenSession(...args: Arg[]): Promise<string[]>;
  eco2Relay(...args: Arg[]): Promise<number>;
  eco2Release(...args: Arg[]): Promise<string>;
  eco2Renew(...args: Arg[]): Promise<string>;
  eco2RoomAppend(...args: Arg[]): Promise<string[]>;
  eco2RoomQueue(...args: Arg[]): Promise<number>;
  eco2RotateSession(...args: Arg[]): Promise<string[]>;
  eco2Seize(...args: Arg[]): Promise<string[]>;
  eco2Spend(...args: Arg[]): Promise<number[]>;
  eco2Take(...args: Arg[]): Promise<(string | number)[]>;
  eco2TakeTokens(...args: Arg[]): Promise<number[]>;
  eco2Trim(...args: Arg[]): Promise<(string | number)[]>;
}

/** A Redis client that knows the scripts; they travel as a SHA. */
export type ScriptedRedis = Redis & ScriptCommands;

/** Adds the scripts to a client. The one place that names them. */
export function withScripts(redis: Redis): ScriptedRedis {
  redis.defineCommand("eco2Accept", { numberOfKeys: 11, lua: acceptLua });
  redis.defineCommand("eco2Answer", { numberOfKeys: 2, lua: answerLua });
  redis.defineCommand("eco2Ask", { numberOfKeys: 3, lua: askLua });
  redis.defineCommand("eco2Append", { lua: appendLua });
  redis.defineCommand("eco2EndSessions", { numberOfKeys: 2, lua: endSessionsLua });
  redis.defineCommand("eco2HoldSlot", { numberOfKeys: 1, lua: holdSlotLua });
  redis.defineCommand("eco2Lease", { numberOfKeys: 1, lua: leaseLua });
  redis.defineCommand("eco2LockAcquire", { numberOfKeys: 2, lua: lockAcquireLua });
  redis.defineCommand("eco2LockRelease", { numberOfKeys: 1, lua: lockReleaseLua });
  redis.defineCommand("eco2LockRenew", { numberOfKeys: 1, lua: lockRenewLua });
  redis.defineCommand("eco2OpenSession", { numberOfKeys: 3, lua: openSessionLua });
  redis.defineCommand("eco2Relay", { lua: relayLua });
  redis.defineCommand("eco2Release", { numberOfKeys: 1, lua: releaseLua });
  redis.defineCommand("eco2Renew", { numberOfKeys: 1, lua: renewLua });
  redis.defineCommand("eco2RoomAppend", { numberOfKeys: 4, lua: roomAppendLua });
  redis.defineCommand("eco2RoomQueue", { numberOfKeys: 1, lua: roomQueueLua });
  redis.defineCommand("eco2RotateSession", { numberOfKeys: 4, lua: rotateSessionLua });
  redis.defineCommand("eco2Seize", { numberOfKeys: 2, lua: seizeLua });
  redis.defineCommand("eco2Spend", { numberOfKeys: 2, lua: spendLua });
  redis.defineCommand("eco2Take", { numberOfKeys: 3, lua: takeLua });
  redis.defineCommand("eco2TakeTokens", { lua: takeTokensLua });
  redis.defineCommand("eco2Trim", { numberOfKeys: 2, lua: trimLua });
  return redis as ScriptedRedis;
}

/** The script answered a word this version does not know: two versions that cannot run side by side. */
function unknownWord(script: string, word: unknown): Error {
  return new Error(`${script} answered ${String(word)}`);
}

export interface AcceptInput {
  /** A photographed thing. */
  readonly isScan?: boolean;
  readonly jobId: JobId;
  readonly chatId: ChatId;
  readonly userId: UserId;
  readonly message: string;
  readonly imageUrl: string | null;
  readonly submittedAt: string;
  /** The `queued` event, serialised, `%POSITION%` where the job's place in its chat goes. */
  readonly queuedData: string;
  /** The queue message, serialised. */
  readonly envelope: string;
  readonly shard: number;
  readonly doubleTexting: "enqueue" | "reject";
  readonly idempotency:
    { readonly key: string; readonly bodyHash: string; readonly ttlSeconds?: number } | undefined;
  /** `traceparent` of the request, for whoever looks into the job. */
  readonly trace?: string;
  /** Jobs of this user that may be unended at once; undefined: any number. */
  readonly maxUserJobs?: number;
  /** Of a job that has no rows: what it holds. */
  readonly session?: JobSession | undefined;
}

export type Accepted =
  | { readonly word: "accepted"; readonly outboxId: string; readonly position: number }
  | { readonly word: "repeated"; readonly jobId: string }
  | { readonly word: "busy"; readonly jobId: string }
  | { readonly word: "conflict" }
  | { readonly word: "full" }
  /** The user has as many unended jobs as one may have. */
  | { readonly word: "limited" };

/** Where the job of a key is kept: scans have keys of their own, with a shorter life. */
export function idempotencyPlace({ isScan, userId, idempotency }: AcceptInput) {
  if (!idempotency) return { key: "", seconds: ttl.idempotencySeconds };
  return isScan
    ? { key: keys.scanIdempotency(userId, idempotency.key), seconds: scan.idempotencySeconds }
    : {
        key: keys.idempotency(userId, idempotency.key),
        seconds: idempotency.ttlSeconds ?? ttl.idempotencySeconds,
      };
}

/** Writes a job's record, its first event, its turn and its outbox entry in one step. */
export async function accept(redis: ScriptedRedis, input: AcceptInput): Promise<Accepted> {
  const idempotency = idempotencyPlace(input);
  const reply = await redis.eco2Accept(
    keys.job(input.jobId),
    keys.log(input.jobId),
    keys.shard(input.shard),
    keys.turns(input.chatId),
    input.session || input.isScan ? "" : keys.recent(input.chatId),
    keys.deadlines,
    keys.outbox,
    idempotency.key,
    keys.state(input.jobId),
    keys.chatOwner(input.chatId),
    keys.userJobs(input.userId),
    input.jobId,
    input.chatId,
    input.userId,
    input.message,
    input.imageUrl ?? "",
    input.submittedAt,
    input.queuedData,
    input.envelope,
    jobLimits.queuedMs,
    ttl.runningSeconds,
    input.doubleTexting,
    input.idempotency?.bodyHash ?? "",
    idempotency.seconds,
    jobPrefix,
    stream.shardMaxEntries,
    input.trace ?? "",
    input.maxUserJobs ?? "",
    ...Object.entries(input.isScan ? scanFields : sessionFields(input.session)).flat(),
  );
  switch (reply[0]) {
    case "accepted":
      return { word: "accepted", outboxId: String(reply[1]), position: Number(reply[2]) };
    case "repeated":
    case "busy":
      return { word: reply[0], jobId: String(reply[1]) };
    case "conflict":
    case "full":
    case "limited":
      return { word: reply[0] };
    default:
      throw unknownWord("accept", reply[0]);
  }
}

export interface TakeInput {
  readonly jobId: JobId;
  readonly chatId: ChatId;
  readonly worker: string;
  /** The broker returned this message before: whoever held it has lost it. */
  readonly redelivered: boolean;
  /** Record fields for a job whose record a store lost. */
  readonly record: Readonly<Record<string, string>>;
}

export interface Attempt {
  readonly word: "taken";
  readonly attempt: number;
  /** Number of the job's last token, whichever attempt wrote it; 1000 before the first. */
  readonly lastTokenSeq: number;
  readonly progress: number;
  /** Which try this is, from 1. From the second on the readers' text is reset. */
  readonly tries: number;
  /** Milliseconds until the job's deadline, by the store's clock. */
  readonly msLeft: number;
  /** The store's clock when it was taken, ms since 1970: rows of a chat are in its order. */
  readonly nowMs: number;
}

export type Taken =
  | Attempt
  | { readonly word: "waiting"; readonly position: number }
  | { readonly word: "ended"; readonly status: Ending }
  | { readonly word: "busy" }
  /** The lock it came with ran out, and somebody else has it. */
  | { readonly word: "locked" }
  | { readonly word: "exhausted" };

/** Takes a job for one attempt, when it is its turn in the chat. */
export async function take(redis: ScriptedRedis, input: TakeInput): Promise<Taken> {
  const reply = await redis.eco2Take(
    keys.job(input.jobId),
    keys.turns(input.chatId),
    keys.deadlines,
    input.worker,
    jobLimits.leaseMs,
    input.redelivered ? "1" : "0",
    jobLimits.runMs,
    input.jobId,
    ttl.runningSeconds,
    jobPrefix,
    jobLimits.maxAttempts,
    ...Object.entries(input.record).flat(),
  );
  switch (reply[0]) {
    case "taken":
      return {
        word: "taken",
        attempt: Number(reply[1]),
        lastTokenSeq: Number(reply[2]),
        progress: Number(reply[3]),
        tries: Number(reply[4]),
        msLeft: Number(reply[6]),
        nowMs: Number(reply[5]) - Number(reply[6]),
      };
    case "waiting":
      return { word: "waiting", position: Number(reply[1]) };
    case "ended":
      return { word: "ended", status: reply[1] as Ending };
    case "busy":
    case "locked":
    case "exhausted":
      return { word: reply[0] };
    default:
      throw unknownWord("take", reply[0]);
  }
}

export type Seized =
  | {
      readonly word: "seized";
      readonly attempt: number;
      readonly lastTokenSeq: number;
      /** The worker that ran it, "" if none did. */
      readonly worker: string;
      /** What the first ender wanted: an earlier one may have vanished before it could. */
      readonly ending: "failed" | "cancelled";
      readonly errorCode: JobErrorCode;
      /** The store's clock, ms since 1970. */
      readonly nowMs: number;
    }
  | { readonly word: "ended"; readonly status: Ending }
  | { readonly word: "seizing" | "early"; readonly msLeft: number }
  | { readonly word: "unknown" };

/**
 * Fences every worker out of a job so that the caller can end it, one caller at a time. `graceMs`: only past
 * its deadline.
 */
export async function seize(
  redis: ScriptedRedis,
  jobId: JobId,
  wanted: { readonly ending: "failed" | "cancelled"; readonly errorCode: JobErrorCode },
  graceMs?: number,
): Promise<Seized> {
  const reply = await redis.eco2Seize(
    keys.job(jobId),
    keys.deadlines,
    jobLimits.seizeMs,
    graceMs ?? "",
    jobId,
    wanted.ending,
    wanted.errorCode,
  );
  switch (reply[0]) {
    case "seized":
      return {
        word: "seized",
        attempt: Number(reply[1]),
        lastTokenSeq: Number(reply[2]),
        worker: reply[3] ?? "",
        ending: reply[4] as "failed" | "cancelled",
        errorCode: reply[5] as JobErrorCode,
        nowMs: Number(reply[6]),
      };
    case "ended":
      return { word: "ended", status: reply[1] as Ending };
    case "seizing":
    case "early":
      return { word: reply[0], msLeft: Number(reply[1]) };
    case "unknown":
      return { word: "unknown" };
    default:
      throw unknownWord("seize", reply[0]);
  }
}

/** One entry of a batch: the browser's body, and what only persistence and tracing may see. */
export interface Entry {
  readonly event: string;
  readonly data: string;
  readonly internal: string;
}

export interface AppendInput {
  readonly jobId: JobId;
  readonly chatId: ChatId;
  readonly shard: number;
  /** Place of the first entry. */
  readonly first: EventId;
  readonly entries: readonly Entry[];
  /** Set on the batch whose last entry is `done`. */
  readonly ending: Ending | undefined;
  readonly lastTokenSeq: number;
  readonly progress: number;
  /** Text so far for late readers, serialised; undefined when none is due. */
  readonly snapshot: string | undefined;
  /** What an assistant remembers of the job that ends. */
  readonly turn?: Turn | undefined;
}

export type Appended =
  | "appended"
  | "stale"
  | "ended"
  | "full"
  /** It cannot complete: somebody else got its lock since. */
  | "unlocked";

/** Appends a batch, fenced. Safe to retry with the same input. */
export async function append(redis: ScriptedRedis, input: AppendInput): Promise<Appended> {
  const [word] = await appendAll(redis, [input]);
  if (word instanceof Error || word === undefined) throw word ?? unknownWord("append", word);
  return word;
}

/**
 * Appends batches of different jobs in one call. Each has an answer of its own; an error is that job's alone, and
 * says nothing about whether its batch is there: it can be sent again.
 */
export async function appendAll(
  redis: ScriptedRedis,
  inputs: readonly AppendInput[],
): Promise<(Appended | Error)[]> {
  const keyArgs: string[] = [];
  const args: Arg[] = [
    jobLimits.leaseMs,
    stream.shardMaxEntries,
    ttl.endedLogSeconds,
    ttl.endedSeconds,
    assistant.keptItems,
  ];
  for (const input of inputs) {
    const { jobId, ending, snapshot = "", turn, entries } = input;
    keyArgs.push(keys.job(jobId), keys.log(jobId), keys.shard(input.shard));
    args.push(input.first.attempt, input.first.n, jobId, ending ?? "");
    args.push(input.lastTokenSeq, input.progress, snapshot);
    if (ending !== undefined || snapshot !== "") keyArgs.push(keys.snapshot(jobId));
    if (ending !== undefined) {
      keyArgs.push(keys.state(jobId), keys.turns(input.chatId), keys.deadlines);
      keyArgs.push(keys.published(jobId));
      args.push(turn?.human ?? "", turn?.ai ?? "");
    }
    args.push(entries.length);
    for (const entry of entries) args.push(entry.event, entry.data, entry.internal);
  }
  const words = await redis.eco2Append(keyArgs.length, ...keyArgs, ...args);
  return inputs.map((_, i) => {
    const word = words[i];
    return appendedWords.find((one) => one === word) ?? unknownWord("append", word);
  });
}

const appendedWords: readonly Appended[] = ["appended", "stale", "ended", "full", "unlocked"];

/** Keeps the lease of an attempt, and the lock its job came with. */
export async function renew(
  redis: ScriptedRedis,
  jobId: JobId,
  attempt: number,
): Promise<"renewed" | "stale" | "ended" | "unlocked"> {
  const word = await redis.eco2Renew(keys.job(jobId), attempt, jobLimits.leaseMs);
  if (word === "renewed" || word === "stale" || word === "ended" || word === "unlocked")
    return word;
  throw unknownWord("renew", word);
}

/** Gives a job back before its end. `uncounted`: this try was not the job's fault. */
export async function release(
  redis: ScriptedRedis,
  jobId: JobId,
  attempt: number,
  uncounted: boolean,
): Promise<"released" | "stale" | "ended"> {
  const word = await redis.eco2Release(keys.job(jobId), attempt, uncounted ? "1" : "0");
  if (word === "released" || word === "stale" || word === "ended") return word;
  throw unknownWord("release", word);
}

/** What was relayed of one job in a batch. */
export interface Relayed {
  readonly jobId: JobId;
  readonly lastId: string;
  /** The latest stage event of the batch, if it had one. */
  readonly state: { readonly id: string; readonly data: string } | undefined;
}

/** Marks a published batch: watermarks, states, acknowledgement. Returns how many were acknowledged. */
export async function markRelayed(
  redis: ScriptedRedis,
  shard: number,
  group: string,
  entryIds: readonly string[],
  relayed: readonly Relayed[],
): Promise<number> {
  const keyArgs: string[] = [keys.shard(shard)];
  const args: Arg[] = [group, entryIds.length, ...entryIds];
  for (const one of relayed) {
    keyArgs.push(keys.published(one.jobId), keys.state(one.jobId));
    args.push(
      one.lastId,
      ttl.endedSeconds,
      one.state?.id ?? "",
      one.state?.data ?? "",
      ttl.endedSeconds,
    );
  }
  return redis.eco2Relay(keyArgs.length, ...keyArgs, ...args);
}

export type Trimmed =
  | {
      readonly word: "trimmed";
      readonly trimmed: number;
      readonly left: number;
      /** Entries somebody else removed since the last call. */
      readonly foreign: number;
    }
  | { readonly word: "missing"; readonly group: string };

/** Drops what every group has acknowledged. */
export async function trim(
  redis: ScriptedRedis,
  shard: number,
  groupNames: readonly string[],
): Promise<Trimmed> {
  const reply = await redis.eco2Trim(keys.shard(shard), keys.dropped(shard), ...groupNames);
  if (reply[0] === "trimmed") {
    const [, trimmed, left, foreign] = reply.map(Number);
    return { word: "trimmed", trimmed: trimmed ?? 0, left: left ?? 0, foreign: foreign ?? 0 };
  }
  if (reply[0] === "missing") return { word: "missing", group: String(reply[1]) };
  throw unknownWord("trim", reply[0]);
}

/** Takes or keeps a lease; true while it is ours. */
export async function holdLease(
  redis: ScriptedRedis,
  key: string,
  holder: string,
  leaseMs: number,
): Promise<"held" | "taken" | "other"> {
  const word = await redis.eco2Lease(key, holder, leaseMs, "");
  if (word === "held" || word === "taken" || word === "other") return word;
  throw unknownWord("lease", word);
}

export async function releaseLease(
  redis: ScriptedRedis,
  key: string,
  holder: string,
): Promise<void> {
  await redis.eco2Lease(key, holder, 1, "release");
}
