import * as v from "valibot";
import type { JobId } from "./contract/ids.ts";
import { Location } from "./contract/job.ts";
import { keys } from "./keys.ts";
import { ttl } from "./limits.ts";
import type { ScriptedRedis } from "./scripts.ts";

/** What may be asked of a person in the middle of a job. */
export const inputTypes = ["location", "confirmation", "selection"] as const;
export type InputType = (typeof inputTypes)[number];

/** An answer, by type; `cancel` declines any question. */
export const HumanInput = v.variant("type", [
  v.object({ type: v.literal("location"), data: Location }),
  v.object({ type: v.literal("confirmation"), data: v.object({ confirmed: v.boolean() }) }),
  v.object({
    type: v.literal("selection"),
    data: v.object({ value: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) }),
  }),
  v.object({ type: v.literal("cancel"), data: v.optional(v.null(), null) }),
]);
export type HumanInput = v.InferOutput<typeof HumanInput>;

export interface Question {
  /** The same for every attempt that asks it, so that an answer outlives a worker. */
  readonly requestId: string;
  readonly type: InputType;
  readonly waitMs: number;
  readonly options: readonly string[];
}

export type Asked =
  | { readonly word: "asked" | "pending"; readonly msLeft: number }
  | { readonly word: "answered"; readonly answer: HumanInput }
  | { readonly word: "expired" | "stale" | "ended" };

/** Asks, or looks for the answer to what was asked. The deadline is the store's. */
export async function ask(
  redis: ScriptedRedis,
  jobId: JobId,
  attempt: number,
  question: Question,
): Promise<Asked> {
  const reply = await redis.eco2Ask(
    keys.job(jobId),
    keys.input(jobId),
    keys.deadlines,
    attempt,
    question.requestId,
    question.type,
    question.waitMs,
    ttl.endedSeconds,
    jobId,
    JSON.stringify(question.options),
  );
  switch (reply[0]) {
    case "asked":
    case "pending":
      return { word: reply[0], msLeft: Number(reply[1]) };
    case "answered":
      return { word: "answered", answer: v.parse(HumanInput, JSON.parse(String(reply[1]))) };
    case "expired":
    case "stale":
    case "ended":
      return { word: reply[0] };
    default:
      throw new Error(`ask answered ${String(reply[0])}`);
  }
}

export type Answered =
  | { readonly word: "received"; readonly worker: string }
  | { readonly word: "wrong-type"; readonly asked: string }
  | { readonly word: "not-waiting" | "ended" };

/** Takes a person's answer. The first valid one before the deadline wins. */
export async function answer(
  redis: ScriptedRedis,
  jobId: JobId,
  input: HumanInput,
  requestId: string | undefined,
): Promise<Answered> {
  const reply = await redis.eco2Answer(
    keys.job(jobId),
    keys.input(jobId),
    requestId ?? "",
    input.type,
    JSON.stringify(input),
  );
  switch (reply[0]) {
    case "received":
      return { word: "received", worker: String(reply[1]) };
    case "wrong-type":
      return { word: "wrong-type", asked: String(reply[1]) };
    case "not-waiting":
    case "ended":
      return { word: reply[0] };
    default:
      throw new Error(`answer answered ${String(reply[0])}`);
  }
}
