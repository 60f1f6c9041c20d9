import { pause } from "./clock.ts";
import { addToText, type AnswerText, noText } from "./contract/answer-text.ts";
import { buildEnding } from "./contract/build-ending.ts";
import type { Ending, JobErrorCode } from "./contract/event.ts";
import { formatEventId, type JobId, shardOf } from "./contract/ids.ts";
import { readJobRecord } from "./job-record.ts";
import { turnOf } from "./job-session.ts";
import { keys } from "./keys.ts";
import { job, stream } from "./limits.ts";
import { append, type ScriptedRedis, seize } from "./scripts.ts";

/** Everything the log says so far. */
export async function readLogText(redis: ScriptedRedis, jobId: JobId): Promise<AnswerText> {
  let answer = noText;
  for (const [, fields] of await redis.xrange(keys.log(jobId), "-", "+")) {
    const event = fields[fields.indexOf("event") + 1] ?? "";
    const data = fields[fields.indexOf("data") + 1] ?? "";
    answer = addToText(answer, event, data);
  }
  return answer;
}

export type EndedBy =
  | {
      readonly word: "ended-now";
      /** Id of the `done` entry. */
      readonly eventId: string;
      /** The worker that ran the job, "" if none; tell it to stop. */
      readonly worker: string;
      readonly answer: AnswerText;
    }
  | { readonly word: "ended-before"; readonly status: Ending }
  | { readonly word: "early" }
  | { readonly word: "unknown" };

/**
 * Ends a job from outside its worker, as an attempt of its own: the worker is fenced out first, so the text
 * read here is the text every reader holds. Of several endings the first wins; the others wait for it.
 * `graceMs`: only when the job is that far past its deadline, or its ender vanished.
 */
export async function endJob(
  redis: ScriptedRedis,
  jobId: JobId,
  ending: "failed" | "cancelled",
  errorCode: JobErrorCode,
  graceMs?: number,
): Promise<EndedBy> {
  const patience = performance.now() + 3 * job.seizeMs;
  while (performance.now() < patience) {
    const seized = await seize(redis, jobId, { ending, errorCode }, graceMs);
    if (seized.word === "ended") return { word: "ended-before", status: seized.status };
    if (seized.word === "seizing") {
      await pause(job.seizePollMs * (1 + Math.random()), never);
      continue;
    }
    if (seized.word !== "seized") return { word: seized.word };
    const record = await readJobRecord(redis, jobId);
    if (!record) return { word: "unknown" };
    const answer = await readLogText(redis, jobId);
    const first = { attempt: seized.attempt, n: 1 };
    const outcome = {
      ending: seized.ending,
      errorCode: seized.errorCode,
      answer,
      intent: null,
      metadata: {},
    };
    const done = buildEnding(record, first, outcome, seized.nowMs);
    const { session } = record;
    const isKept = session?.memory && seized.ending === "cancelled"; // also a question without a word of answer
    const word = await append(redis, {
      jobId,
      chatId: record.chatId,
      shard: shardOf(jobId, stream.shardCount),
      first,
      entries: [{ event: "done", ...done }],
      ending: seized.ending,
      lastTokenSeq: seized.lastTokenSeq,
      progress: 100,
      snapshot: undefined,
      turn: isKept ? turnOf(record, answer.text, seized.nowMs, true) : undefined,
    });
    if (word === "appended") {
      return { word: "ended-now", eventId: formatEventId(first), worker: seized.worker, answer };
    }
  }
  throw new Error("another ender held the job for too long");
}

const never = new AbortController().signal;
