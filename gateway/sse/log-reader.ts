import type { JobId } from "../../shared/contract/ids.ts";
import { AppError } from "../../shared/errors.ts";
import { keys } from "../../shared/keys.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { isReadyWithin } from "../stores.ts";
import { type LogEntry, parseRange } from "./entry.ts";

/** Reads job logs; what is asked in one tick travels as one pipeline. */
export interface LogReader {
  /** Entries from `from` on, `-` or an id, that one included, at most `count`. */
  read(jobId: JobId, from: string, count: number): Promise<LogEntry[]>;
  /** True once the store is there, false if that takes longer than `ms`. */
  isBackWithin(ms: number): Promise<boolean>;
  /** The latest stage event, serialised: the ending once there is one. */
  state(jobId: JobId): Promise<string | undefined>;
}

interface Wanted {
  readonly command: readonly ["xrange" | "get", ...string[]];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

/** Every read throws `UNAVAILABLE` at once while the store is away: queued reads would pile up. */
export function createLogReader(redis: ScriptedRedis): LogReader {
  let wanted: Wanted[] = [];

  const flush = async () => {
    const all = wanted;
    wanted = [];
    try {
      const replies = (await redis.pipeline(all.map((one) => [...one.command])).exec()) ?? [];
      all.forEach((one, i) => {
        const [error, reply] = replies[i] ?? [new Error("the pipeline gave no reply"), undefined];
        if (error) one.reject(error);
        else one.resolve(reply);
      });
    } catch (cause) {
      for (const one of all) one.reject(cause);
    }
  };

  const ask = (command: Wanted["command"]) => {
    if (redis.status !== "ready") {
      return Promise.reject(new AppError("UNAVAILABLE", { detail: "the job log is away" }));
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (wanted.push({ command, resolve, reject }) === 1) queueMicrotask(() => void flush());
    return promise;
  };

  return {
    read: async (jobId, from, count) => {
      const reply = await ask(["xrange", keys.log(jobId), from, "+", "COUNT", String(count)]);
      return parseRange(reply as [string, string[]][]);
    },
    isBackWithin: (ms) => isReadyWithin(redis, ms),
    state: async (jobId) => ((await ask(["get", keys.state(jobId)])) as string | null) ?? undefined,
  };
}
