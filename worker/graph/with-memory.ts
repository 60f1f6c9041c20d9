import type { CompiledStateGraph } from "@langchain/langgraph/web";
import { checkpoint as limits } from "../../shared/limits.ts";
import { pause } from "../../shared/clock.ts";
import { threadOf } from "../../shared/contract/job.ts";
import { CheckpointUnreachable } from "../checkpoints/errors.ts";
import type { Claim } from "../checkpoints/claim.ts";
import type { Memory } from "../memory/memory.ts";
import { turnOf } from "../memory/message.ts";
import type { Agent } from "./graph.ts";
import type { RunContext } from "./run-context.ts";
import { type State, turnInput, type Update } from "./state.ts";

/** The part of a compiled graph that is used here. */
type Compiled = Pick<CompiledStateGraph<State, Update, string>, "stream" | "updateState">;

interface Remembered {
  readonly claim: Claim;
  readonly over: Promise<unknown>;
}

/**
 * Runs the graph on the chat's memory: opened before, one checkpoint after. A run that stops keeps the person's
 * message; what it had said is added by `remember`. An answer whose checkpoint could not be written is an answer
 * still: the next run finds the turn among the messages.
 */
export function runWithMemory(compiled: Compiled, memory: Memory): Agent {
  const runs = new WeakMap<RunContext, Remembered>();
  const configOf = (run: RunContext, claim: Claim) => ({
    configurable: { thread_id: threadOf(run.job), claim },
  });

  const work = async (run: RunContext): Promise<State> => {
    const { job, signal, log } = run;
    const { claim, missing } = await memory.open(job, run.attempt ?? 0, log, signal);
    const over = Promise.withResolvers<void>();
    runs.set(run, { claim, over: over.promise });
    let latest: State | undefined;
    try {
      const states = await compiled.stream(turnInput(job, missing), {
        ...configOf(run, claim),
        context: { run },
        signal,
        streamMode: "values",
        durability: "exit",
        runName: `chat:${job.job_id}`, // in LangSmith, where its own environment variables ask for it
      });
      for await (const state of states) latest = state as State;
    } catch (cause) {
      const isAnswered = latest?.job_id === job.job_id && latest.answer !== "";
      const isUnsaved = cause instanceof CheckpointUnreachable && cause.during === "write";
      if (!latest || !isAnswered || !isUnsaved) throw cause;
      log.warn("the turn is not in the chat's checkpoint", { error: cause.cause });
    } finally {
      over.resolve();
    }
    if (!latest) throw new Error("the graph ended without a state");
    return latest;
  };

  const remember = async (run: RunContext, text: string): Promise<void> => {
    const known = runs.get(run);
    if (!known) return;
    const tooLate = pause(limits.saveWaitMs, new AbortController().signal);
    await Promise.race([known.over, tooLate]);
    try {
      const messages = turnOf(run.job.job_id, run.job.message, text);
      await compiled.updateState(configOf(run, known.claim), { messages }, "answer_node");
    } catch (cause) {
      // the chat went on without it, or the stores are away: the next run finds it among the messages
      run.log.warn("a stopped turn is not in the chat's checkpoint", { error: cause });
    }
  };
  return Object.assign(work, { remember });
}
