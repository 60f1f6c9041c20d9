import { expect, test } from "bun:test";
import { describeWith } from "../../shared/testing/services.ts";
import { seeded } from "../faults/load.ts";
import { mutants } from "./mutants.ts";
import { inTurns, mutate, tryOn } from "./run.ts";

const sampleSize = 4;

test("every flaw of the list still fits the code", () => {
  for (const mutant of mutants) expect(mutate(mutant)).not.toContain("never in any file");
  expect(new Set(mutants.map((mutant) => mutant.name)).size).toBe(mutants.length);
});

describeWith(
  "redis",
  "rabbitmq",
  "postgres",
)("flaws", () => {
  test("a few drawn at random are all noticed", async () => {
    const seed = Number(process.env["MUTATION_SEED"] ?? Math.floor(Math.random() * 1e9));
    const random = seeded(seed);
    const rest = [...mutants];
    const sample = Array.from({ length: sampleSize }, () =>
      rest.splice(Math.floor(random() * rest.length), 1),
    ).flat();
    const missed: string[] = [];
    await inTurns(sample, 2, async (mutant) => {
      const { isCaught, seconds, why } = await tryOn(mutant.test, mutant, process.env);
      console.log(
        `${mutant.name}: ${isCaught ? "noticed" : "MISSED"}, ${seconds.toFixed(1)} s, ${why}`,
      );
      if (!isCaught) missed.push(`${mutant.name}: ${why}`);
    });
    expect(missed, `again with MUTATION_SEED=${seed}; all: bun tests/mutations/main.ts`).toEqual(
      [],
    );
  }, 240_000);
});
