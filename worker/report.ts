import type { Attempt } from "../shared/scripts.ts";
import type { Emit } from "./emit.ts";
import { createProgress } from "./graph/progress.ts";
import type { RunContext } from "./graph/run-context.ts";
import type { NodeResult } from "./graph/state.ts";
import type { Notes } from "./run-record.ts";

interface ReportOptions {
  readonly attempt: Attempt;
  readonly emit: Emit;
  readonly notes: Notes;
  readonly onIntent: (intent: unknown) => void;
  readonly onNode: (result: NodeResult) => void;
}

/** What a run tells its log, and its record, while it goes. */
export function reporting(
  options: ReportOptions,
): Pick<RunContext, "stage" | "plan" | "token" | "room" | "nextSequence" | "note"> {
  const { emit, notes } = options;
  const progress = createProgress(options.attempt.progress);
  let sequence = 0;
  return {
    stage: (stage, status, result, message) => {
      if (stage === "intent" && result) options.onIntent(result["intent"]);
      notes.stage(stage, status, result);
      emit.stage({ stage, status, progress: progress.at(stage, status), result, message });
    },
    plan: (count) => progress.plan(count),
    token: (text) => {
      notes.firstToken();
      emit.token(text, "answer");
    },
    room: () => emit.room(),
    nextSequence: () => ++sequence,
    note: (result) => {
      notes.node(result);
      options.onNode(result);
    },
  };
}
