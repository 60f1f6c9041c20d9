// Group commit of all jobs of a process: what is due while a call is in flight goes out together in the next one.
// idle       nothing in flight: what comes is sent at once
// in flight  what comes gathers; the reply ends it, and the next call goes out once everything that came with the
//            reply was read
import { stream } from "../shared/limits.ts";
import {
  type AppendInput,
  type Appended,
  appendAll,
  type ScriptedRedis,
} from "../shared/scripts.ts";

/** A job with something to append. */
interface Source {
  /** What to send, when its time has come; undefined: nothing after all. */
  take(): AppendInput | undefined;
  /** What became of it. An error: perhaps it is there, perhaps not. Never throws. */
  answered(word: Appended | Error): void;
}

interface Appender {
  /** Queues a job, which is not queued again before it was answered. */
  due(source: Source): void;
}

const appenders = new WeakMap<ScriptedRedis, Appender>();

/** The one appender of a connection. */
export function appenderOf(redis: ScriptedRedis): Appender {
  const known = appenders.get(redis) ?? createAppender(redis);
  appenders.set(redis, known);
  return known;
}

/**
 * One call for all jobs instead of one for each, per answer of 200 tokens at 10,000 tokens/s: Redis-S 3.9 → 3.2 ms of
 * CPU, and the router, which wakes up for more at once, 3.6 → 2.6 ms (2 vCPU, 2026-11-21: bench/profiles/cpu-per-answer.md).
 */
function createAppender(redis: ScriptedRedis): Appender {
  const due: Source[] = [];
  let isInFlight = false;

  const send = async (): Promise<void> => {
    const sources: Source[] = [];
    const batches: AppendInput[] = [];
    let entries = 0;
    let chars = 0;
    let taken = 0;
    for (const source of due) {
      if (entries >= stream.callEntries || chars >= stream.callChars) break;
      taken++;
      const batch = source.take();
      if (!batch) continue;
      sources.push(source);
      batches.push(batch);
      entries += batch.entries.length;
      for (const { data } of batch.entries) chars += data.length;
    }
    due.splice(0, taken);
    if (batches.length > 0) {
      const words = await appendAll(redis, batches).catch((cause: unknown) =>
        cause instanceof Error ? cause : new Error("append failed", { cause }),
      );
      for (const [i, source] of sources.entries()) {
        source.answered(words instanceof Error ? words : (words[i] ?? new Error("no answer")));
      }
    }
    if (due.length > 0) setImmediate(() => void send());
    else isInFlight = false;
  };

  return {
    due: (source) => {
      due.push(source);
      if (isInFlight) return;
      isInFlight = true;
      void send();
    },
  };
}
