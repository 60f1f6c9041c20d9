import { expect, test } from "bun:test";
import { limits, pauseAfter } from "./keep-running.ts";

test("the first quick death costs no pause, all pauses together fit the window", () => {
  const pauses = Array.from({ length: limits.quickDeaths }, (_, deaths) => pauseAfter(deaths));
  expect(pauses).toEqual([0, 0, 250, 500, 1000]);
  const sum = pauses.reduce((total, pause) => total + pause, 0);
  expect(sum).toBeLessThan(limits.windowMs - limits.quickDeaths * limits.quickDeathMs);
});
