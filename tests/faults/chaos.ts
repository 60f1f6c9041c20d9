import { writeFileSync } from "node:fs";
import { runCommand, StackFailure } from "../../stack/failure.ts";
import { readFlags, wholeNumber } from "../../stack/flags.ts";
import { startSaying } from "../../stack/say.ts";
import { chaosTable } from "./chaos-table.ts";
import { faultKinds } from "./kinds.ts";
import { runChaos } from "./run-chaos.ts";

const usage = `
Usage: bun run chaos [--kills N] [--streams M] [--seed S] [--only TEXT] [--json FILE]

The whole fleet under load, one random fault after another; every event of every stream is checked, and
every row. A fleet and stores of its own; nothing else is touched.

  --kills N     faults to inject (default 30)
  --streams M   people asking at once (default 20)
  --seed S      draws the same faults again (default: drawn and printed)
  --only TEXT   only faults whose name contains TEXT
  --json FILE   writes everything it measured
  --help        this text

Prints per kind of fault how often anything was lost, repeated, reordered, ended twice or not at all, or a
row was wrong, and for how long streams were silent. Exits 1 when anything was. Ctrl-C stops after the
fault under way and prints what was measured; a second one stops at once.`;

await runCommand(async () => {
  const text = { type: "string" } as const;
  const options = { kills: text, streams: text, seed: text, only: text, json: text };
  const flags = readFlags(usage, options);
  const kinds = faultKinds.filter((kind) => kind.name.includes(flags.only ?? ""));
  if (kinds.length === 0) {
    const names = faultKinds.map((kind) => `  ${kind.name}`).join("\n");
    throw new StackFailure(`no fault has "${flags.only}" in its name; there are\n${names}`, {
      exitCode: 2,
    });
  }
  const drawn = String(Math.floor(Math.random() * 1e9));
  const stop = new AbortController();
  const giveUp = new AbortController();
  process.on("SIGINT", () => (stop.signal.aborted ? giveUp.abort() : stop.abort()));
  process.on("SIGTERM", () => giveUp.abort());
  const result = await runChaos({
    kills: wholeNumber("--kills", flags.kills ?? "30", 1, 1_000_000),
    streams: wholeNumber("--streams", flags.streams ?? "20", 1, 1000),
    seed: wholeNumber("--seed", flags.seed ?? drawn, 0, 999_999_999),
    kinds,
    say: startSaying(),
    stop: stop.signal,
    giveUp: giveUp.signal,
  });
  console.log(`\n${chaosTable(result)}`);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(result, null, 1)}\n`);
  const isClean = result.faults.every(({ violations }) => violations.length === 0);
  return isClean && result.counts.asked === result.counts.ended ? 0 : 1;
});
