import { pause } from "../shared/clock.ts";
import type { JobId } from "../shared/contract/ids.ts";
import { ask, type Asked, type HumanInput, type InputType } from "../shared/human-input.ts";
import { humanInput } from "../shared/limits.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import type { Person } from "./graph/ask-person.ts";

interface PersonOptions {
  readonly redis: ScriptedRedis;
  readonly jobId: JobId;
  readonly attempt: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Resolves when there may be news of the job. */
  readonly news: () => Promise<void>;
  /** A new question gives the job this much more time. */
  readonly extend: (ms: number) => void;
  /** The store says the job is no longer ours. */
  readonly onRefused: (why: "stale" | "ended") => void;
}

/** The person of one run, asked one thing at a time: the store holds one open question of a job. */
export function createPerson(options: PersonOptions): Person {
  const { redis, jobId, attempt, waitMs, signal, log } = options;
  let turn: Promise<unknown> = Promise.resolve();

  const look = async (requestId: string, type: InputType, choices: readonly string[]) => {
    const question = { requestId, type, waitMs, options: choices };
    try {
      return await ask(redis, jobId, attempt, question);
    } catch (cause) {
      log.warn("could not look for an answer, trying again", { error: cause });
      return undefined;
    }
  };

  return {
    waitMs,
    inTurn: (work) => {
      const mine = turn.then(work);
      turn = mine.catch(() => {});
      return mine;
    },
    ask: async ({ requestId, type, options: choices }, onAsked) => {
      let isTold = false;
      let isUnsure = false; // a question whose reply was lost may be stored all the same
      const tell = (asked: Extract<Asked, { msLeft: number }>) => {
        if (isTold) return;
        isTold = true;
        if (asked.word === "asked" || isUnsure) options.extend(waitMs);
        onAsked(asked.msLeft);
      };
      for (;;) {
        signal.throwIfAborted();
        const news = options.news(); // taken before the look: what comes in between is not missed
        const asked = await look(requestId, type, choices);
        let pollMs: number = humanInput.pollMs;
        switch (asked?.word) {
          case "answered":
            return declinedOr(asked.answer);
          case "expired":
            return "expired";
          case "stale":
          case "ended":
            options.onRefused(asked.word);
            break;
          case "asked":
          case "pending":
            tell(asked);
            pollMs = Math.min(pollMs, asked.msLeft + 1);
            break;
          case undefined:
            isUnsure = !isTold;
        }
        const stop = new AbortController();
        await Promise.race([news, pause(pollMs, AbortSignal.any([signal, stop.signal]))]);
        stop.abort();
      }
    },
  };
}

function declinedOr(answer: HumanInput) {
  return answer.type === "cancel" ? "declined" : answer;
}
