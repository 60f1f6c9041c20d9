import { addToText, type AnswerText, noText } from "../../shared/contract/answer-text.ts";
import { buildDone, queuedEvent } from "../../shared/contract/build-events.ts";
import * as v from "valibot";
import {
  ChatId,
  formatEventId,
  JobId,
  newChatId,
  newJobId,
  shardOf,
  type UserId,
} from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { readJobRecord } from "../../shared/job-record.ts";
import { stream } from "../../shared/limits.ts";
import { accept, append, type ScriptedRedis, take } from "../../shared/scripts.ts";
import { type LogEntry, parseRange } from "../sse/entry.ts";

export const testUser = "6f1d2c3b-0000-4000-8000-000000000001" as UserId;

/** A worker's hands on one job, without a worker: takes it, appends, ends it. Says nothing to readers. */
export class TestJob {
  readonly jobId: JobId;
  readonly chatId: ChatId;
  answer: AnswerText = noText;
  /** Number of the job's last token. */
  lastSeq = 1000;
  #attempt = 0;
  #n = 0;
  readonly #redis: ScriptedRedis;

  /** A new job, or one that was accepted elsewhere. */
  constructor(redis: ScriptedRedis, jobId?: string, chatId?: string) {
    this.#redis = redis;
    this.jobId = jobId === undefined ? newJobId() : v.parse(JobId, jobId);
    this.chatId = chatId === undefined ? newChatId() : v.parse(ChatId, chatId);
  }

  async accept(): Promise<void> {
    await accept(this.#redis, {
      jobId: this.jobId,
      chatId: this.chatId,
      userId: testUser,
      message: "페트병 어떻게 버려?",
      imageUrl: null,
      submittedAt: new Date().toISOString(),
      queuedData: queuedEvent(this.jobId, "1.00", "%POSITION%"),
      envelope: "{}",
      shard: shardOf(this.jobId, stream.shardCount),
      doubleTexting: "enqueue",
      idempotency: undefined,
    });
  }

  /** A worker takes the job, the second one after the first was lost: then the text is reset. */
  async take(): Promise<LogEntry[]> {
    const taken = await take(this.#redis, {
      jobId: this.jobId,
      chatId: this.chatId,
      worker: "test",
      redelivered: true,
      record: {},
    });
    if (taken.word !== "taken") throw new Error(taken.word);
    this.#attempt = taken.attempt;
    this.#n = 0;
    if (taken.tries === 1) return [];
    const data = { accumulated: "", last_seq: this.lastSeq, completed: false, reset: true };
    return this.#append([{ event: "token_recovery", data: JSON.stringify(data) }]);
  }

  async stage(name: string): Promise<LogEntry[]> {
    return this.#append([{ event: name, data: JSON.stringify({ stage: name }) }]);
  }

  /** Each text becomes one token. */
  async tokens(...texts: readonly string[]): Promise<LogEntry[]> {
    return this.#append(
      texts.map((content) => ({
        event: "token",
        data: JSON.stringify({ seq: ++this.lastSeq, content }),
      })),
    );
  }

  async end(): Promise<LogEntry[]> {
    const record = await readJobRecord(this.#redis, this.jobId);
    if (!record) throw new Error("the job has no record");
    const at = { attempt: this.#attempt, n: this.#n + 1 };
    const done = buildDone(
      record,
      at,
      {
        ending: "completed",
        errorCode: undefined,
        answer: this.answer,
        intent: null,
        metadata: {},
      },
      Date.now(),
    );
    return this.#append([{ event: "done", ...done }], "completed");
  }

  /** The whole log. */
  async log(): Promise<LogEntry[]> {
    return parseRange(await this.#redis.xrange(keys.log(this.jobId), "-", "+"));
  }

  async #append(
    entries: readonly { event: string; data: string; internal?: string }[],
    ending?: "completed",
  ): Promise<LogEntry[]> {
    const first = { attempt: this.#attempt, n: this.#n + 1 };
    const word = await append(this.#redis, {
      jobId: this.jobId,
      chatId: this.chatId,
      shard: shardOf(this.jobId, stream.shardCount),
      first,
      entries: entries.map((entry) => ({ internal: "", ...entry })),
      ending,
      lastTokenSeq: this.lastSeq,
      progress: 0,
      snapshot: undefined,
    });
    if (word !== "appended") throw new Error(word);
    this.#n += entries.length;
    return entries.map(({ event, data }, i) => {
      this.answer = addToText(this.answer, event, data);
      const id = { attempt: first.attempt, n: first.n + i };
      return { ...id, id: formatEventId(id), event, data };
    });
  }
}

/** What the router publishes for these entries. */
export function hintOf(entries: readonly LogEntry[]): string {
  return entries.map(({ id, event, data }) => `${id} ${event} ${data}`).join("\n");
}
