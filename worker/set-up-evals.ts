import { openPostgres, type Sql } from "../shared/clients/postgres.ts";
import type { Clock } from "../shared/clock.ts";
import type { Log } from "../shared/log.ts";
import type { WorkerConfig } from "./config.ts";
import { answeringAgain } from "./eval/answer-again.ts";
import { dailyBudget } from "./eval/budget.ts";
import { createEvals, type Evals } from "./eval/evals.ts";
import { saveEval } from "./eval/save-eval.ts";
import type { Chosen } from "./llm/choose.ts";
import { geminiClient } from "./llm/gemini.ts";
import type { ModelClient } from "./llm/model-client.ts";
import { openaiClient } from "./llm/openai.ts";
import type { Metrics } from "./metrics.ts";

export interface SetUpEvals {
  /** Undefined when nothing is graded. */
  readonly evals: Evals | undefined;
  /** The chosen model, answering again where that is switched on. */
  watch(chosen: Chosen): Chosen;
  stop(): Promise<void>;
}

/** One grading may cost this much while it waits for rows; a lost row is a lost grade. */
const connections = 2;

export function setUpEvals(
  config: WorkerConfig,
  { clock, log, metrics }: { clock: Clock; log: Log; metrics: Metrics },
): SetUpEvals {
  const { evals: wanted, databaseUrl, instance } = config;
  if (!wanted.isEnabled) {
    return { evals: undefined, watch: (chosen) => chosen, stop: async () => {} };
  }
  const grader = graderFrom(config);
  const sql: Sql | undefined = databaseUrl
    ? openPostgres(databaseUrl, `worker-evals-${instance}`, connections)
    : undefined;
  const evals = createEvals({
    grader,
    budget: dailyBudget(wanted.usdPerDay, clock),
    sampleRate: wanted.sampleRate,
    save: async (finished, result) => {
      if (sql) await saveEval(sql, finished, result);
    },
    observe: metrics.evals,
    clock,
    log,
  });
  return {
    evals,
    watch: (chosen) =>
      wanted.answersAgain ? { ...chosen, llm: answeringAgain(chosen.llm, grader) } : chosen,
    stop: async () => {
      await evals.stop();
      await sql?.end({ timeout: 2 });
    },
  };
}

/** The grading model, where its provider is set up. */
function graderFrom({ evals, openai, google }: WorkerConfig): ModelClient | undefined {
  const { model } = evals;
  if (model.startsWith("gemini"))
    return google.key ? geminiClient({ ...google, model }) : undefined;
  return openai.key || openai.baseUrl ? openaiClient({ ...openai, model }) : undefined;
}
