import { runCommand } from "../../stack/failure.ts";
import { readFlags } from "../../stack/flags.ts";
import { startSaying } from "../../stack/say.ts";
import { startThrowAway } from "../../stack/throw-away.ts";
import { mutants } from "./mutants.ts";
import { inTurns, mutate, tryOn } from "./run.ts";

const usage = `
Usage: bun tests/mutations/main.ts [--only TEXT]

Writes one flaw after another into copies of this repository, and runs the tests that must notice it, on
services of its own. Each of these test files must pass without a flaw first.

  --only TEXT   only flaws whose name contains TEXT
  --help        this text

Exits 1 when a flaw passes unnoticed, or a test fails without one.`;

await runCommand(async () => {
  const flags = readFlags(usage, { only: { type: "string" } });
  const chosen = mutants.filter((mutant) => mutant.name.includes(flags.only ?? ""));
  for (const mutant of chosen) mutate(mutant);
  const say = startSaying();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const services = await startThrowAway({ say, signal: stop.signal });
  let misses = 0;
  try {
    const env = { ...process.env, ...(await services.env) };
    const tests = [...new Set(chosen.map((mutant) => mutant.test))];
    const isSound = new Map<string, boolean>();
    await inTurns(tests, 2, async (test) => {
      const { isCaught, seconds, why } = await tryOn(test, undefined, env);
      isSound.set(test, !isCaught && why === "every test passed");
      if (isSound.get(test)) return say(`sound    ${test}  (${seconds.toFixed(1)} s)`);
      misses++;
      say(`FAILS WITHOUT A FLAW  ${test}: ${why}`);
    });
    const sound = chosen.filter((mutant) => isSound.get(mutant.test));
    await inTurns(sound, 2, async (mutant) => {
      if (stop.signal.aborted) return;
      const { isCaught, seconds, why } = await tryOn(mutant.test, mutant, env);
      if (!isCaught) misses++;
      say(
        `${isCaught ? "caught  " : "MISSED  "} ${mutant.name}  (${seconds.toFixed(1)} s: ${why})`,
      );
    });
    say(`${sound.length} flaws, ${misses} missed or not tried`);
  } finally {
    await services.remove();
  }
  return misses === 0 && !stop.signal.aborted ? 0 : 1;
});
