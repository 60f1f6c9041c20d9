import { systemClock } from "../../shared/clock.ts";
import { buildAgent } from "../../worker/graph/graph.ts";
import { createTools } from "../../worker/graph/tools.ts";
import { newJob } from "../../worker/testing/jobs.ts";
import { quietRun } from "../../worker/testing/quiet-run.ts";
import type { Answered } from "./questions.ts";

/** The agent in its offline mode, without a queue, a store or a network. */
export function askInProcess(): (message: string) => Promise<Answered> {
  const agent = buildAgent(createTools(systemClock));
  return async (message) => {
    const { answer, intent } = await agent(quietRun({ job: newJob({ message }) }));
    return { text: answer, intent };
  };
}
