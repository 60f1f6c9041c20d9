import { AppError } from "../../shared/errors.ts";
import { policies } from "./policies.ts";
import type { RunContext, Tools } from "./run-context.ts";
import type { State, Update } from "./state.ts";

const policy = { ...policies.general, failMode: "open" } as const;

/** Names what the picture shows. Without a model that sees, the answer asks for words. */
export async function look(state: State, run: RunContext, tools: Tools): Promise<Update> {
  run.stage("vision", "started");
  const seen = await tools.executor.run(
    "vision",
    policy,
    (signal) => {
      if (!tools.vision) throw new AppError("NOT_CONFIGURED");
      return tools.vision(state.image_url ?? "", signal);
    },
    run.signal,
  );
  const node_results = [
    {
      node: "vision" as const,
      status: seen.status,
      error: seen.error,
      duration_ms: Math.round(seen.durationMs),
    },
  ];
  if (seen.result === undefined) {
    run.stage("vision", "failed", { error: seen.error });
    return { vision_error: seen.error ?? "failed", node_results };
  }
  run.stage("vision", "completed", { major_category: seen.result });
  return { classification_result: seen.result, node_results };
}
