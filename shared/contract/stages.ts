/** Stages in the order that gives their `seq`: order × 10 + offset of the status. */
export const stageOrder = {
  queued: 0,
  intent: 1,
  vision: 2,
  waste_rag: 3,
  character: 4,
  location: 5,
  bulk_waste: 7,
  weather: 8,
  recyclable_price: 9,
  collection_point: 10,
  web_search: 11,
  image_generation: 12,
  general: 13,
  aggregator: 14,
  feedback: 15,
  answer: 16,
  eval: 17,
  done: 18,
  needs_input: 19,
  router: 20,
  summarize: 21,
} as const;
export type Stage = keyof typeof stageOrder;

export const statusOffset = {
  started: 0,
  completed: 1,
  failed: 2,
  skipped: 3,
  waiting: 4,
  fallback: 5,
  processing: 6,
  resumed: 7,
} as const;
export type StageStatus = keyof typeof statusOffset;

export function stageSeq(stage: Stage, status: StageStatus): number {
  return stageOrder[stage] * 10 + statusOffset[status];
}

/** Tokens, and the stages only scans have. */
const otherEvents = new Set(["token", "token_recovery", "rule", "reward"]);

/** An event's name as a metric's label: a closed list, an event of another version is `other`. */
export function stageLabel(event: string): string {
  return event in stageOrder || otherEvents.has(event) ? event : "other";
}

/** `done` always carries seq 181, whatever its ending. */
export const doneSeq = 181;

export const intents = [
  "waste",
  "character",
  "location",
  "bulk_waste",
  "recyclable_price",
  "collection_point",
  "weather",
  "image_generation",
  "web_search",
  "general",
] as const;
export type Intent = (typeof intents)[number];

/** The sub-agent that serves an intent; the other names are the same. */
export const subAgents = [
  "waste_rag",
  "character",
  "location",
  "bulk_waste",
  "recyclable_price",
  "collection_point",
  "weather",
  "image_generation",
  "web_search",
  "general",
] as const;
export type SubAgent = (typeof subAgents)[number];
