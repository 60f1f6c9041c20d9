import type { DoneEvent, JobErrorCode } from "../../shared/contract/event.ts";
import { AppError, type Code } from "../../shared/errors.ts";

const codes: Partial<Record<JobErrorCode, Code>> = {
  SESSION_BUSY: "SESSION_BUSY",
  TIMEOUT: "TIMEOUT",
  STREAM_FULL: "UNAVAILABLE",
  NODE_FAILED: "UNAVAILABLE",
  CANCELLED: "JOB_ENDED",
  MODEL_FAILED: "MODEL_FAILED",
  ANSWER_TOO_LARGE: "MODEL_FAILED",
};

/** What went wrong with a turn, undefined when nothing did. Its cause is in the logs of its worker. */
export function failureOf(done: DoneEvent): AppError | undefined {
  if (done.status === "completed") return undefined;
  const code = codes[done.result.error_code ?? "INTERNAL"] ?? "MODEL_FAILED";
  const isBusy = code === "SESSION_BUSY" || code === "UNAVAILABLE";
  return new AppError(code, isBusy ? { retryAfterSeconds: 2 } : { detail: done.message });
}
