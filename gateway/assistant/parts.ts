import { type UserId, UserId as UserIdSchema } from "../../shared/contract/ids.ts";
import { Histogram, type Registry } from "../../shared/prom.ts";
import * as v from "valibot";

/** What the assistant's routes and sockets share. */
export interface AssistantParts {
  /** How long a session outlives its latest turn; 0: for ever. */
  readonly ttlSeconds: number;
  /** How long an answer is waited for. */
  readonly turnWaitMs: number;
  readonly metrics: AssistantMetrics;
}

/** Whose sessions those of nobody are, where nobody need be anybody. No token has such a user. */
export const nobody: UserId = v.parse(UserIdSchema, "00000000-0000-4000-8000-00000000a7a7");

export function createAssistantMetrics(registry: Registry) {
  return {
    turns: new Histogram({
      name: "assistant_turn_seconds",
      help: "From a message to the assistant to its end, by how it came and how it ended.",
      labelNames: ["kind", "result"],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers: [registry],
    }),
    firstToken: new Histogram({
      name: "assistant_first_token_seconds",
      help: "From a frame to the first frame of its answer's text.",
      buckets: [0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
  };
}
export type AssistantMetrics = ReturnType<typeof createAssistantMetrics>;
