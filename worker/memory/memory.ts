import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import * as v from "valibot";
import { pause } from "../../shared/clock.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { type Job, threadOf } from "../../shared/contract/job.ts";
import { keys } from "../../shared/keys.ts";
import { checkpoint as limits } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { Claim } from "../checkpoints/claim.ts";
import { CheckpointCorrupt, CheckpointUnreachable, reach } from "../checkpoints/errors.ts";
import type { CheckpointSaver } from "../checkpoints/saver.ts";
import { afterKnown, recentMessages, storedMessages } from "./history.ts";
import type { MemoryMessage } from "./message.ts";

interface MemoryOptions {
  readonly saver: CheckpointSaver;
  /** Redis-S: what jobs there are and who has them. */
  readonly streams: ScriptedRedis;
  readonly sql: Sql;
  readonly openWaitMs?: number;
  readonly retryMs?: number;
}

/** A chat's memory, opened for one attempt. */
interface Opened {
  readonly claim: Claim;
  /** Turns the checkpoint does not know of: their worker died, or the stores lost them. */
  readonly missing: readonly MemoryMessage[];
}

export interface Memory {
  readonly saver: CheckpointSaver;
  /**
   * Makes the attempt the only writer of its chat's memory and reads it, waiting a while for stores that do
   * not answer. Throws `CheckpointUnreachable` then (never an empty memory), `CheckpointStale` when the attempt
   * was replaced.
   */
  open(job: Job, attempt: number, log: Log, signal: AbortSignal): Promise<Opened>;
}

const Remembered = v.object({
  session_id: v.optional(v.string()),
  user_id: v.optional(v.string()),
  messages: v.optional(
    v.array(
      v.looseObject({
        id: v.string(),
        role: v.picklist(["user", "assistant"]),
        content: v.string(),
      }),
    ),
  ),
  summary: v.nullish(v.looseObject({ content: v.string() })),
});

export function createMemory(options: MemoryOptions): Memory {
  const { saver, streams, sql } = options;

  const isLive = async (job: Job, attempt: number) => {
    const [status, stored] = await streams.hmget(keys.job(job.job_id), "status", "attempt");
    return stored === String(attempt) && (status === "running" || status === "waiting_human");
  };

  /** What is stored of the chat; what is not of this chat, or no memory at all, is refused as corrupt. */
  const read = async (job: Job, claim: Claim): Promise<CheckpointTuple | undefined> => {
    const tuple = await saver.getTuple({ configurable: { thread_id: threadOf(job), claim } });
    if (!tuple) return undefined;
    const values = v.safeParse(Remembered, tuple.checkpoint.channel_values);
    if (!values.success) throw new CheckpointCorrupt("not a memory of ours");
    const { session_id = job.session_id, user_id = job.user_id } = values.output;
    // a room is many people's, and its jobs belong to no chat
    const isOwn = job.kind === "room" || (session_id === job.session_id && user_id === job.user_id);
    if (!isOwn) {
      throw new CheckpointCorrupt("the memory of another chat");
    }
    return tuple;
  };

  const readOrRebuild = async (job: Job, claim: Claim, log: Log) => {
    try {
      return await read(job, claim);
    } catch (cause) {
      if (!(cause instanceof CheckpointCorrupt)) throw cause;
      log.error("checkpoint refused, its copy is read", { detail: cause.detail });
    }
    await saver.discardCached(threadOf(job));
    claim.wasCold = true;
    try {
      return await read(job, claim);
    } catch (cause) {
      if (!(cause instanceof CheckpointCorrupt)) throw cause;
      log.error("its copy is refused too, memory starts from the messages", {
        detail: cause.detail,
      });
      claim.note("", await saver.countCopied(threadOf(job)));
      return undefined;
    }
  };

  /** The first message of a chat has no memory to miss: what does not answer soon is not waited for. */
  const readOfFirst = async (job: Job, claim: Claim, log: Log) => {
    try {
      return await soon(readOrRebuild(job, claim, log));
    } catch (cause) {
      if (!(cause instanceof CheckpointUnreachable)) throw cause;
      claim.note("", 0);
      return undefined;
    }
  };

  const openOnce = async (job: Job, attempt: number, log: Log): Promise<Opened> => {
    const claim = new Claim(threadOf(job), job.job_id, attempt, () => isLive(job, attempt));
    await saver.claim(claim);
    const isFirst = (await streams.hget(keys.job(job.job_id), "first")) === "1";
    const tuple = await (isFirst ? readOfFirst : readOrRebuild)(job, claim, log);
    claim.first = { tuple };
    const known = tuple?.checkpoint.channel_values["messages"] as MemoryMessage[] | undefined;
    const [rows, recent] = await Promise.all([
      claim.wasCold ? reach("read", () => storedMessages(sql, job)) : [],
      reach("read", () => recentMessages(streams, job)),
    ]);
    return { claim, missing: afterKnown(known ?? [], [...rows, ...recent]) };
  };

  return {
    saver,
    open: async (job, attempt, log, signal) => {
      const deadlineMs = performance.now() + (options.openWaitMs ?? limits.openWaitMs);
      for (let hasWarned = false; ; hasWarned = true) {
        try {
          return await openOnce(job, attempt, log);
        } catch (cause) {
          signal.throwIfAborted();
          if (!(cause instanceof CheckpointUnreachable) || performance.now() > deadlineMs)
            throw cause;
          if (!hasWarned) log.warn("memory cannot be reached, waiting", { error: cause.cause });
          await pause(options.retryMs ?? 500, signal);
        }
      }
    },
  };
}

/** Rejects with `CheckpointUnreachable` when a read takes longer than the first message of a chat waits. */
async function soon<T>(reading: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = pause(limits.firstWaitMs, done.signal).then(() => {
    throw new CheckpointUnreachable("read", new Error("no answer in time"));
  });
  late.catch(() => {}); // heard by the race alone
  try {
    return await Promise.race([reading, late]);
  } finally {
    done.abort();
  }
}
