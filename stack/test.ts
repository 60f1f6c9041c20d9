import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answersSeen } from "../shared/testing/answers-seen.ts";
import { auditDependencies } from "./audit.ts";
import { StackFailure, runCommand } from "./failure.ts";
import { watchLaunchers } from "./launchers.ts";
import { paint, startSaying } from "./say.ts";
import { countTests, type Counts } from "./test-counts.ts";
import { unseenAnswers } from "./unseen-answers.ts";
import { dyingWithUs, startThrowAway } from "./throw-away.ts";

const usage = `
Usage: bun run test [pattern…] [flags of \`bun test\`]

Runs the format check, types, lint, dead-code check, advisories of the dependencies and the tests, on Redis, RabbitMQ and PostgreSQL of
its own that are removed afterwards. With a pattern: only tests of files whose path contains it, and
with \`-t name\` only tests of that name; no checks then.

  --without-fleets   not the whole fleets under faults, which come last: six minutes less
  --all              the page in a browser too: four minutes more

Ends with "N passed, N failed" (each check counts as one); exits 1 when something failed.`;

const checks = [
  { name: "format (bun run fmt mends it)", argv: ["fmt", "--no-script", "--check"] },
  { name: "types", argv: ["check", "--no-script"] },
  { name: "types of the page", argv: ["check", "--no-script", "-p", "web"] },
  { name: "lint", argv: ["x", "oxlint", "--type-aware"] },
  { name: "dead code", argv: ["x", "knip"] },
];

/** Of one test: some start whole stacks. */
const timeoutMs = 30_000;

/** Bounds on time are wider by this in a whole run: its tests run beside and after one another. By name they hold. */
const boundsFactor = "3";

/**
 * Whole fleets under load and a real browser, with bounds on time: each wants the machine to itself, so they run
 * after everything else, one file after another. On a machine that does other things as well a recovery says little,
 * so a whole run asks for what must be right, and for times only that they are no outage.
 */
const wholeFleets = {
  folders: ["router/takeover", "tests/observe", "tests/mutations", "tests/faults"],
  /** Those that want a browser as well. */
  browser: ["tests/browser"],
  timeoutMs: 240_000,
  boundsFactor: "10",
};

const beside = ["--parallel=2", "--randomize", `--timeout=${timeoutMs}`];
const oneByOne = ["--parallel=1", "--randomize", `--timeout=${wholeFleets.timeoutMs}`];
const allFleets = [...wholeFleets.folders, ...wholeFleets.browser];
const withoutFleets = allFleets.flatMap((folder) => [
  `--path-ignore-patterns=${folder}/*.e2e.test.ts`,
  `--path-ignore-patterns=${folder}.*.test.ts`,
]);

await runCommand(async () => {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage.trim());
    return 0;
  }
  const byName = args.findIndex((arg) => arg === "-t" || arg === "--test-name-pattern");
  const isName = (index: number) => byName !== -1 && index === byName + 1;
  const patterns = args.filter((arg, index) => !arg.startsWith("-") && !isName(index));
  const isWhole = patterns.length === 0 && byName === -1;
  const hasFleets = isWhole && !args.includes("--without-fleets");
  const hasBrowser = isWhole && args.includes("--all");
  const flags = args.filter((arg) => arg !== "--without-fleets" && arg !== "--all");
  const say = startSaying();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stop.abort());
  }
  watchLaunchers(() => stop.abort());
  const services = needsServices(patterns)
    ? await startThrowAway({
        say,
        signal: stop.signal,
        needsBrowser: hasBrowser || needsBrowser(patterns),
      })
    : undefined;
  const counts: Counts[] = [];
  try {
    if (isWhole) {
      for (const check of checks) counts.push(await runCheck(check, stop.signal));
      counts.push(await runAudit(stop.signal));
    }
    const env = await services?.env;
    if (env) say("services are ready");
    const seesAll = isWhole && !args.some((arg) => /^--(changed|bail|path-)/.test(arg));
    const seen = seesAll ? startSeen() : undefined;
    const bounds = isWhole ? { TEST_BOUNDS_FACTOR: boundsFactor } : {};
    const all = { ...process.env, ...env, ...seen?.env, ...bounds, CI: "1" };
    const isFleet = patterns.some((one) => allFleets.some((it) => one.startsWith(it)));
    const own = isFleet ? oneByOne : [...beside, ...withoutFleets];
    counts.push(await runTests([...own, ...flags], all, stop.signal));
    const chosen = [
      ...(hasFleets ? wholeFleets.folders : []),
      ...(hasBrowser ? wholeFleets.browser : []),
    ];
    const left = allFleets.filter((folder) => !chosen.includes(folder));
    if (chosen.length > 0) {
      say(`one after another: ${chosen.join(", ")}`);
      const wide = { ...all, TEST_BOUNDS_FACTOR: wholeFleets.boundsFactor };
      counts.push(await runTests([...oneByOne, ...flags, ...filesOf(chosen)], wide, stop.signal));
    }
    if (isWhole && left.length > 0) say(`not in this run: ${left.join(", ")}`);
    if (seen) counts.push(checkSeen(seen.file));
  } catch (error) {
    if (!stop.signal.aborted) console.error(error instanceof StackFailure ? error.message : error);
    counts.push({ passed: 0, failed: 1 });
  } finally {
    await services?.remove();
  }
  say(stop.signal.aborted ? "interrupted" : "done");
  const sum = (key: keyof Counts) => counts.reduce((total, each) => total + each[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed") === 0 && !stop.signal.aborted ? 0 : 1;
});

function filesOf(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => [`${folder}/*.e2e.test.ts`, `${folder}.*.test.ts`])
    .flatMap((glob) => [...new Bun.Glob(glob).scanSync(".")])
    .map((file) => `./${file}`);
}

function needsBrowser(patterns: readonly string[]): boolean {
  return patterns.some((pattern) => pattern.startsWith("tests/browser"));
}

/** Tests that need nothing real start at once. */
function needsServices(patterns: readonly string[]): boolean {
  const files = [...new Bun.Glob("**/*.test.ts").scanSync(".")].filter(
    (file) => !file.startsWith("node_modules/"),
  );
  const chosen = files.filter(
    (file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)),
  );
  return chosen.some((file) => /\.(redis|amqp|pg|e2e)\.test\.ts$/.test(file));
}

async function runCheck(check: (typeof checks)[number], stop: AbortSignal): Promise<Counts> {
  stop.throwIfAborted();
  const startedAt = performance.now();
  const child = Bun.spawn([process.execPath, ...check.argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
    signal: stop,
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const isGood = (await child.exited) === 0;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const mark = isGood ? paint("green", "pass") : paint("red", "FAIL");
  console.log(`${mark}  ${check.name} ${paint("dim", `${seconds}s`)}`);
  if (!isGood) console.log(`${stdout}${stderr}`.trimEnd());
  return isGood ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Skipped, with the reason, when the registry cannot say. */
async function runAudit(stop: AbortSignal): Promise<Counts> {
  stop.throwIfAborted();
  const audit = await auditDependencies(process.env, stop);
  const name = "advisories of the dependencies (bun audit)";
  switch (audit.word) {
    case "clean":
      console.log(`${paint("green", "pass")}  ${name}`);
      return { passed: 1, failed: 0 };
    case "found":
      console.log(`${paint("red", "FAIL")}  ${name}\n${audit.lines.join("\n")}`);
      return { passed: 0, failed: 1 };
    case "unknown":
      console.log(`${paint("yellow", "skip")}  ${name}: ${audit.reason}`);
      return { passed: 0, failed: 0 };
  }
}

/** A file in which the tests note the successes of routes they compared with the OpenAPI document. */
function startSeen() {
  const file = join(mkdtempSync(join(tmpdir(), "eco2-seen-")), "answers");
  writeFileSync(file, "");
  return { file, env: { [answersSeen]: file } };
}

function checkSeen(file: string): Counts {
  const unseen = unseenAnswers(file);
  rmSync(join(file, ".."), { recursive: true });
  const name = "every success of the OpenAPI document was seen by a test";
  const mark = unseen.length === 0 ? paint("green", "pass") : paint("red", "FAIL");
  console.log([`${mark}  ${name}`, ...unseen].join("\n  "));
  return { passed: unseen.length === 0 ? 1 : 0, failed: unseen.length === 0 ? 0 : 1 };
}

async function runTests(
  args: readonly string[],
  env: Record<string, string | undefined>,
  stop: AbortSignal,
): Promise<Counts> {
  stop.throwIfAborted();
  const argv = dyingWithUs([process.execPath, "test", ...args]);
  const color = process.stdout.isTTY && !process.env["NO_COLOR"] ? { FORCE_COLOR: "1" } : {};
  const child = Bun.spawn(argv, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, ...color },
    signal: stop,
    killSignal: "SIGTERM",
  });
  const [, report] = await Promise.all([pass(child.stdout), pass(child.stderr)]);
  return countTests(report, await child.exited);
}

/** Shows what comes, and keeps the end of it for the counts. */
async function pass(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let tail = "";
  for await (const bytes of stream) {
    process.stdout.write(bytes);
    tail = (tail + decoder.decode(bytes, { stream: true })).slice(-4000);
  }
  return tail;
}
