import { expect, test } from "bun:test";
import { until } from "../shared/testing/until.ts";
import { watchIntake } from "./watch-intake.ts";

test("connected and not consuming is broken; a broker away or a drain is not", async () => {
  let [isConsuming, isUp] = [false, false];
  const intake = watchIntake({ isConsuming: () => isConsuming }, { isUp: () => isUp });
  await Bun.sleep(1200);
  expect(intake.soundWithin(1100)).toBe(true);
  isUp = true;
  await until(() => !intake.soundWithin(1100), { what: "broken intake" });
  isConsuming = true;
  await until(() => intake.soundWithin(1100), { what: "intake back" });
  isConsuming = false;
  intake.stop();
  await Bun.sleep(1200);
  expect(intake.soundWithin(100)).toBe(true);
});
