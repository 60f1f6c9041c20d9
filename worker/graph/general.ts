import type { SubAgentSpec } from "./sub-agent.ts";

/** Nothing to look up: the answer speaks from the conversation alone. */
export function general(): SubAgentSpec<Record<string, never>> {
  return { node: "general", work: async () => ({}), result: () => ({}) };
}
