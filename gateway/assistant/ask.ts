import { createHash } from "node:crypto";
import type { DoneEvent } from "../../shared/contract/event.ts";
import { AppError } from "../../shared/errors.ts";
import { assistant as limits } from "../../shared/limits.ts";
import type { Ctx, Deps } from "../deps.ts";
import { asAppError } from "../http/fail.ts";
import { idempotencyKeyOf } from "../http/send-message.ts";
import { doneOf } from "../pending.ts";
import { terminalEvent } from "../sse/entry.ts";
import { failureOf } from "./ending.ts";
import { type Started, startTurn, type TurnRequest } from "./start-turn.ts";
import { whoOf } from "./who.ts";

type Question = Pick<TurnRequest, "sid" | "message" | "imageUrl" | "location" | "model">;

export interface Answered {
  readonly sid: string;
  readonly jobId: string;
  readonly done: DoneEvent;
}

/**
 * One turn of a request, whole: counted, started, waited for. Throws what `startTurn` throws, `TIMEOUT` when the
 * answer takes too long (the job goes on), and what became of a job that failed.
 */
export async function ask(
  c: Ctx,
  deps: Deps,
  body: unknown,
  question: Question,
): Promise<Answered> {
  const startedAt = deps.clock.monotonicMs();
  let result = "completed";
  try {
    const userId = await whoOf(c, deps);
    const key = idempotencyKeyOf(c.req.header("idempotency-key"));
    const asker = { userId, peer: undefined, forwardedFor: undefined };
    c.set("headers", await deps.limits.count(asker, "assistant"));
    const bodyHash = createHash("sha256")
      .update(JSON.stringify(["assistant", c.req.path, body]))
      .digest("hex");
    c.env?.setIdleSeconds?.(0); // an answer may take two minutes
    const late = AbortSignal.timeout(deps.assistant.turnWaitMs);
    const started = await startTurn(deps, {
      ...question,
      userId,
      idempotency: key === undefined ? undefined : { key: `assistant:${key}`, bodyHash },
      waitMs: limits.requestWaitMs,
      trace: c.get("trace"),
      signal: AbortSignal.any([late, deps.closing]),
    });
    const done = await ended(started, deps);
    const failure = failureOf(done);
    if (failure) throw failure;
    return { sid: started.sid, jobId: started.jobId, done };
  } catch (cause) {
    result = asAppError(cause).code;
    throw cause;
  } finally {
    const seconds = (deps.clock.monotonicMs() - startedAt) / 1000;
    deps.assistant.metrics.turns.observe({ kind: "request", result }, seconds);
  }
}

async function ended({ events }: Started, { closing }: Deps): Promise<DoneEvent> {
  for await (const entry of events) {
    const done = entry.event === terminalEvent ? doneOf(entry.data) : undefined;
    if (done) return done;
  }
  if (closing.aborted) throw new AppError("UNAVAILABLE", { retryAfterSeconds: 1 });
  throw new AppError("TIMEOUT", { detail: "no answer in time; it will be in the session" });
}
