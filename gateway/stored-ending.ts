import * as v from "valibot";
import type { AnswerText } from "../shared/contract/answer-text.ts";
import { buildDone } from "../shared/contract/build-events.ts";
import { type Ending, jobErrorCodes } from "../shared/contract/event.ts";
import { formatEventId, type JobId, type UserId } from "../shared/contract/ids.ts";
import type { Sql } from "../shared/clients/postgres.ts";
import { findJobRows } from "./chats.ts";

/** Above every id a log can give: a client that has it has everything. Rows do not know the id the log gave. */
const storedEndingId = { attempt: 999_999_999_999_999, n: 1 };

export interface StoredEnding {
  readonly id: string;
  readonly status: Ending;
  /** The `done` event, serialised. */
  readonly data: string;
}

const ErrorCode = v.picklist(jobErrorCodes);

/** The ending of a job whose Redis state is gone, from its rows; undefined for a foreign or unknown job. */
export async function readStoredEnding(
  sql: Sql,
  jobId: JobId,
  userId: UserId,
): Promise<StoredEnding | undefined> {
  const [question, answer] = await findJobRows(sql, jobId, userId);
  if (question?.role !== "user") return undefined;
  const { error, partial_answer: _, ...metadata } = (answer ?? question).metadata ?? {};
  const code = v.safeParse(ErrorCode, error ?? question.metadata?.["error"]);
  const errorCode = code.success ? code.output : undefined;
  const status: Ending =
    errorCode === undefined ? "completed" : errorCode === "CANCELLED" ? "cancelled" : "failed";
  // token numbers are the log's; the text is what counts now
  const text: AnswerText = { text: answer?.content ?? "", tokens: 0, lastSeq: 0 };
  const { data } = buildDone(
    {
      jobId,
      chatId: question.chat_id,
      userId,
      message: question.content,
      imageUrl: question.image_url,
      createdAt: question.created_at,
    },
    storedEndingId,
    { ending: status, errorCode, answer: text, intent: answer?.intent ?? null, metadata },
    Date.parse((answer ?? question).created_at),
  );
  return { id: formatEventId(storedEndingId), status, data };
}
