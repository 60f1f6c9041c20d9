import type { Sql } from "../../shared/clients/postgres.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Finished } from "./evals.ts";

/** One row for each job; a job that ran twice keeps its first grade. */
export async function saveEval(sql: Sql, finished: Finished, result: Evaluation): Promise<void> {
  const { jobId, intents, provider, model } = finished;
  const axes = { code: result.checks, ...(result.axes ? { model: result.axes } : {}) };
  await sql`
    insert into chat.evals (job_id, intent, provider, model, grade, score, axes, prompt_version)
    values (${jobId}, ${intents[0] ?? "general"}, ${provider}, ${model}, ${result.grade}, ${result.score},
            ${sql.json(axes)}, ${result.promptVersion})
    on conflict (job_id) do nothing`;
}
