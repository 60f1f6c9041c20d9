import { parseArgs } from "node:util";
import {
  listDeadLetters,
  replayDeadLetter,
  type Replayed,
  showDeadLetter,
} from "../router/dead-letters.ts";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { createLog } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { StackFailure, runCommand } from "./failure.ts";
import { homeOf } from "./home.ts";
import { readStackFile } from "./stack-file.ts";

const usage = `
Usage: bun run dead-letters [list [N] | show ID | replay ID]

Queue messages that were given up after too many attempts, or could not be read.

  list [N]    the newest N (default 20): id, time, reason, what became of the job
  show ID     one message whole; it holds what a person wrote
  replay ID   sends it again as a job of its own, and drops the letter

Looks at REDIS_STREAMS_URL, or at the stack of this folder.`;

const outcome: Record<Exclude<Replayed["word"], "replayed">, string> = {
  unknown: "there is no such dead letter: see `bun run dead-letters list`",
  unreadable: "this message cannot be read as a job, so it cannot be replayed",
  full: "the streams are full: try again when the router has caught up",
};

async function run(redis: ScriptedRedis, command: string, argument: string | undefined) {
  if (command === "list") {
    const count = Number(argument ?? "20");
    if (!Number.isInteger(count) || count < 1 || count > 10_000) {
      throw new StackFailure(`list wants a number from 1 to 10000`, { exitCode: 2 });
    }
    const letters = await listDeadLetters(redis, count);
    for (const { id, at, reason, action, jobId } of letters) {
      console.log([id, at, reason.padEnd(14), action.padEnd(20), jobId || "no job id"].join("  "));
    }
    if (letters.length === 0) console.log("no dead letters");
    return 0;
  }
  if (argument === undefined) throw new StackFailure(`${command} wants an id`, { exitCode: 2 });
  if (command === "show") {
    const letter = await showDeadLetter(redis, argument);
    if (!letter) throw new StackFailure(outcome.unknown);
    console.log(JSON.stringify(letter, null, 2));
    return 0;
  }
  const replayed = await replayDeadLetter(redis, argument);
  if (replayed.word !== "replayed") throw new StackFailure(outcome[replayed.word]);
  console.log(`replayed as job ${replayed.jobId}`);
  return 0;
}

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  const [command = "list", argument, ...rest] = positionals;
  if (values.help) {
    console.log(usage.trim());
    return 0;
  }
  if (!["list", "show", "replay"].includes(command) || rest.length > 0) {
    throw new StackFailure(usage.trim(), { exitCode: 2 });
  }
  const stack = readStackFile(homeOf(process.cwd()));
  const url = process.env["REDIS_STREAMS_URL"] || stack?.services.redis_streams.url;
  if (!url)
    throw new StackFailure("no stack runs in this folder, and REDIS_STREAMS_URL is not set");
  const redis = openRedis(url, "dead-letters", "request", createLog(console.error, "error"));
  try {
    return await run(redis, command, argument);
  } finally {
    await closeRedis(redis);
  }
});
