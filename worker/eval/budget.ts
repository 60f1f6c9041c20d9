import type { Clock } from "../../shared/clock.ts";

/** What a grading is taken to cost when its model has no price: dear on purpose, US dollars. */
const assumedUsd = 0.01;
const dayMs = 86_400_000;

export interface Budget {
  maySpend(): boolean;
  /** US dollars; null when nobody knows. */
  spend(usd: number | null): void;
}

/** So much a day (UTC) and worker, then no model grades until the next one. */
export function dailyBudget(usdPerDay: number, clock: Pick<Clock, "wallMs">): Budget {
  let day = -1;
  let spent = 0;
  const today = () => {
    const now = Math.floor(clock.wallMs() / dayMs);
    if (now !== day) [day, spent] = [now, 0];
  };
  return {
    maySpend: () => {
      today();
      return spent < usdPerDay;
    },
    spend: (usd) => {
      today();
      spent += usd ?? assumedUsd;
    },
  };
}
