import type { Stage, StageStatus } from "../../shared/contract/stages.ts";

/** Percent at the start and the end of a phase. Sub-agents share one, see `stageProgress`. */
const phases: Partial<Record<Stage, readonly [number, number]>> = {
  queued: [0, 0],
  intent: [5, 15],
  vision: [15, 20],
  router: [20, 20],
  aggregator: [55, 65],
  summarize: [65, 75],
  answer: [75, 90],
  eval: [90, 98],
};
const subAgents = [20, 55] as const;

/** The one source of a run's progress: it knows how many sub-agents are planned and only rises. */
export function createProgress(from: number): {
  /** How many sub-agents (feedback among them) the router sent. */
  plan(count: number): void;
  at(stage: Stage, status: StageStatus): number;
} {
  let planned = 1;
  const finished = new Set<Stage>();
  let highest = from;
  return {
    plan: (count) => {
      planned = Math.max(1, count);
    },
    at: (stage, status) => {
      const isEnd = status === "completed" || status === "failed" || status === "skipped";
      const phase = phases[stage];
      let now: number;
      if (phase) now = isEnd ? phase[1] : phase[0];
      else {
        // a node may be skipped over its question and complete all the same
        if (isEnd) finished.add(stage);
        const share = Math.min(1, finished.size / planned);
        now = subAgents[0] + Math.floor(share * (subAgents[1] - subAgents[0]));
      }
      highest = Math.max(highest, now);
      return highest;
    },
  };
}
