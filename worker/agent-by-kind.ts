import type { Agent } from "./graph/graph.ts";
import type { RunContext } from "./graph/run-context.ts";

/** Who answers jobs of each kind. */
export interface Agents {
  readonly agent: Agent;
  readonly assistant: Agent;
  readonly room: Agent;
}

/** One agent that gives each job to the one of its kind. */
export function agentByKind(agents: Agents): Agent {
  const of = ({ job: { kind } }: RunContext) =>
    kind === "room" || kind === "assistant" ? agents[kind] : agents.agent;
  return Object.assign((run: RunContext) => of(run)(run), {
    remember: async (run: RunContext, text: string) => of(run).remember?.(run, text),
  });
}
