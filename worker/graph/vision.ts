import { AppError } from "../../shared/errors.ts";
import { majorOf } from "../knowledge/classes.ts";
import type { RunContext, Tools } from "./run-context.ts";
import type { State, Update } from "./state.ts";

/** Names what the picture shows. Without a model that sees, the answer asks for words. */
export async function look(state: State, run: RunContext, tools: Tools): Promise<Update> {
  run.stage("vision", "started");
  const seen = await tools.executor.run(
    "vision",
    tools.policies.vision,
    (signal) => {
      if (!tools.vision) throw new AppError("NOT_CONFIGURED");
      return tools.vision(state.image_url ?? "", signal, run.model);
    },
    run.signal,
  );
  const node_results = [
    {
      node: "vision" as const,
      status: seen.status,
      error: seen.error,
      duration_ms: Math.round(seen.durationMs),
      retry_count: seen.retries,
    },
  ] as const;
  run.note?.(node_results[0]);
  if (seen.result === undefined) {
    const error = seen.error ?? "not_found";
    run.stage("vision", "failed", { error });
    return { vision_error: error, node_results: [...node_results] };
  }
  run.stage("vision", "completed", {
    major_category: majorOf(seen.result) ?? seen.result,
    middle_category: seen.result,
  });
  return { classification_result: seen.result, node_results: [...node_results] };
}
