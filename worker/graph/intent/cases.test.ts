import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { type Intent, intents } from "../../../shared/contract/stages.ts";
import { systemClock } from "../../../shared/clock.ts";
import { createTools } from "../tools.ts";
import cases from "./cases.yaml";
import { knownBy } from "./intent.ts";
import { decide } from "./split.ts";

const Cases = v.object({
  records: v.array(
    v.strictObject({
      says: v.string(),
      intents: v.pipe(v.array(v.picklist(intents)), v.minLength(1), v.maxLength(3)),
    }),
  ),
});
const { records } = v.parse(Cases, cases);
const known = knownBy(createTools(systemClock));
const decided = records.map((one) => ({ ...one, got: decide(one.says, known).intents }));

/** Rows: meant, columns: understood. */
function confusion(): string {
  const rows = intents.map((meant) => {
    const of = decided.filter((one) => one.intents[0] === meant);
    return [meant, ...intents.map((got) => of.filter((one) => one.got[0] === got).length)];
  });
  return [["", ...intents.map((one) => one.slice(0, 7))], ...rows]
    .map((row) => row.map((cell, i) => String(cell).padEnd(i === 0 ? 17 : 8)).join(""))
    .join("\n");
}

describe("the labelled messages", () => {
  test("are at least 120, with every intent at least eight times", () => {
    expect(records.length).toBeGreaterThanOrEqual(120);
    for (const intent of intents satisfies readonly Intent[]) {
      expect(records.filter((one) => one.intents.includes(intent)).length).toBeGreaterThanOrEqual(
        8,
      );
    }
    expect(new Set(records.map((one) => one.says)).size).toBe(records.length);
  });

  test("are understood: 95 % of the primary intents, 90 % of the sets", () => {
    const wrong = decided.filter((one) => one.got[0] !== one.intents[0]);
    const several = decided.filter((one) => one.intents.length > 1);
    const exact = several.filter((one) => String(one.got) === String(one.intents));
    if (wrong.length > 0) {
      console.log(confusion());
      for (const { says, intents: meant, got } of wrong) console.log(says, meant, got);
    }
    expect(wrong.length / decided.length).toBeLessThanOrEqual(0.05);
    expect(exact.length / several.length).toBeGreaterThanOrEqual(0.9);
  });
});
