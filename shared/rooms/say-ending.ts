import type { Redis } from "ioredis";
import type { DoneEvent, JobErrorCode } from "../contract/event.ts";
import type { JobId } from "../contract/ids.ts";
import { liveFrame, modelRole, type RoomBody, type Sid } from "../contract/rooms.ts";
import { keys } from "../keys.ts";
import type { ScriptedRedis } from "../scripts.ts";
import { appendOfJob } from "./append-entry.ts";
import { formatLive } from "./live.ts";

/** The model's turn in a room. */
export interface RoomRun {
  readonly sid: Sid;
  readonly jobId: JobId;
  readonly fence: number;
}

interface Told {
  readonly code: "llm_busy" | "llm_timeout" | "llm_unavailable";
  readonly isRetriable: boolean;
}

const byCode: Partial<Record<JobErrorCode, Told>> = {
  SESSION_BUSY: { code: "llm_busy", isRetriable: true },
  TIMEOUT: { code: "llm_timeout", isRetriable: true },
  BAD_JOB: { code: "llm_unavailable", isRetriable: false },
  CANCELLED: { code: "llm_unavailable", isRetriable: false },
  ANSWER_TOO_LARGE: { code: "llm_unavailable", isRetriable: false },
};
const otherwise: Told = { code: "llm_unavailable", isRetriable: true };

/**
 * Says in the room how a run ended: its answer as an entry, or an error to everybody. Whoever says it first does;
 * again it says nothing. Throws what Redis-S throws; Redis-P may be away.
 */
export async function sayEnding(
  redis: ScriptedRedis,
  pubsub: Redis,
  run: RoomRun,
  done: DoneEvent,
  nowMs: number,
): Promise<void> {
  const { sid, jobId } = run;
  const { answer, intent, error_code: errorCode } = done.result;
  const isAnswered = done.status === "completed";
  const body: RoomBody = {
    hd: { event: "llm.response", role: modelRole },
    bd: { job_id: jobId, text: answer ?? "", ...(intent === null ? {} : { intent }) },
  };
  const said = await appendOfJob(redis, sid, modelRole, isAnswered ? body : undefined, run);
  if (said.word === "known") return;
  if (said.word === "added" && isAnswered) {
    await pubsub.publish(keys.roomBell(sid), said.id).catch(() => undefined);
    return;
  }
  const told = isAnswered ? byCode.SESSION_BUSY : byCode[errorCode ?? "INTERNAL"];
  const { code, isRetriable } = told ?? otherwise;
  const message = done.message === "" ? "the answer came too late" : done.message;
  const bd = { job_id: jobId, code, message, retriable: isRetriable };
  const frame = liveFrame(sid, "llm.error", modelRole, bd, nowMs);
  const live = formatLive({ origin: "ending", to: "all", frame });
  await pubsub.publish(keys.roomLive(sid), live).catch(() => undefined);
}
