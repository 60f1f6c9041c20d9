import { systemClock as clock } from "../../shared/clock.ts";
import type { RunContext } from "../graph/run-context.ts";
import { localLlm } from "../llm/local.ts";
import { newJob, quiet } from "./jobs.ts";

/** What a run in the offline mode brings along that tells nobody anything. */
export function quietRun(over: Partial<RunContext> = {}): RunContext {
  let sequence = 0;
  return {
    job: newJob(),
    llm: localLlm(),
    signal: new AbortController().signal,
    log: quiet,
    beganMs: clock.monotonicMs(),
    stage: () => {},
    plan: () => {},
    token: () => {},
    room: () => undefined,
    nextSequence: () => ++sequence,
    ...over,
  };
}
