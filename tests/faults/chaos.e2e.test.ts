import { expect, test } from "bun:test";
import { chaosTable } from "./chaos-table.ts";
import { faultKinds } from "./kinds.ts";
import { runChaos } from "./run-chaos.ts";

const never = new AbortController().signal;

test("a dozen faults drawn at random break nothing", async () => {
  const seed = Number(process.env["CHAOS_SEED"] ?? Math.floor(Math.random() * 1e9));
  const run = { kills: 12, streams: 12, seed, kinds: faultKinds, stop: never, giveUp: never };
  const result = await runChaos({ ...run, say: (line) => console.log(line) });
  console.log(chaosTable(result));
  const again = `again with CHAOS_SEED=${seed}`;
  expect(
    result.faults.flatMap(({ violations }) => violations),
    again,
  ).toEqual([]);
  expect(result.counts.ended, again).toBe(result.counts.asked);
  expect(result.counts.completed, again).toBeGreaterThan(result.counts.asked * 0.9);
}, 240_000);
