import type { JobErrorCode } from "../shared/contract/event.ts";
import { AppError, type Code } from "../shared/errors.ts";
import type { Agent } from "./graph/graph.ts";
import type { RunContext } from "./graph/run-context.ts";
import type { State } from "./graph/state.ts";

/** Why a run stops before its answer is complete. */
export type Stop = "ended" | "stale" | "full" | "unlocked" | "deadline" | "handback";

/** Which ending a failure becomes; anything else is INTERNAL. */
const endingCodes: Partial<Record<Code, JobErrorCode>> = {
  MODEL_BUSY: "MODEL_FAILED",
  MODEL_FAILED: "MODEL_FAILED",
  NODE_FAILED: "NODE_FAILED",
  ANSWER_TOO_LARGE: "ANSWER_TOO_LARGE",
  TIMEOUT: "TIMEOUT",
  UNAVAILABLE: "NODE_FAILED", // the chat's memory could not be reached: no answer rather than one without it
};

type Outcome =
  | { readonly word: "answered"; readonly state: State }
  | { readonly word: "stopped"; readonly why: Stop }
  | { readonly word: "failed"; readonly code: JobErrorCode; readonly cause: unknown };

/** Runs the graph until it answers, fails or is stopped. A graph that ignores the signal is left behind. */
export async function runAgent(
  agent: Agent,
  run: RunContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const stopped = new Promise<Outcome>((resolve) => {
    const onAbort = () => resolve({ word: "stopped", why: signal.reason as Stop });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  const answered = agent(run).then(
    (state): Outcome => ({ word: "answered", state }),
    (cause: unknown): Outcome => {
      if (signal.aborted) return { word: "stopped", why: signal.reason as Stop };
      // the fence of the chat's memory saw the newer attempt first
      if (cause instanceof AppError && cause.code === "ATTEMPT_STALE") {
        return { word: "stopped", why: "stale" };
      }
      const code = cause instanceof AppError ? endingCodes[cause.code] : undefined;
      return { word: "failed", code: code ?? "INTERNAL", cause };
    },
  );
  return Promise.race([stopped, answered]);
}
