import { parseArgs } from "node:util";
import * as v from "valibot";
import { openPostgres } from "../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { JobId } from "../shared/contract/ids.ts";
import { createLog } from "../shared/log.ts";
import { runCommand, StackFailure } from "./failure.ts";
import { readJob } from "./inspect/read-job.ts";
import { paint } from "./say.ts";
import { readTargets } from "./targets.ts";

const usage = `
Usage: bun run inspect JOB_ID [--text] [--json]

Everything the stores know of one job: its record, what it waits for, its log in short, its state, where the
groups of its shard stand, its rows, its trace id. Changes nothing. Exits 1 when nobody knows the job.

  --text    also what was asked and answered
  --json    for programs
  --help    this text

Looks at REDIS_STREAMS_URL and DATABASE_URL, or at the stack of this folder.`;

function readArguments() {
  try {
    return parseArgs({
      options: {
        text: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
      allowPositionals: true,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StackFailure(`${reason}\n\n${usage.trim()}`, { exitCode: 2, cause });
  }
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}

await runCommand(async () => {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(usage.trim());
    return 0;
  }
  const jobId = v.safeParse(JobId, positionals[0]);
  if (!jobId.success || positionals.length !== 1) {
    throw new StackFailure(`inspect wants one job id, a UUID\n\n${usage.trim()}`, { exitCode: 2 });
  }
  const { streamsUrl, databaseUrl } = readTargets(process.env);
  const quiet = createLog(() => {});
  const redis = openRedis(streamsUrl, "inspect", "request", quiet);
  const sql = databaseUrl ? openPostgres(databaseUrl, "inspect", 1) : undefined;
  try {
    const { isKnown, parts } = await readJob(redis, sql, jobId.output, values.text).catch(
      (cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new StackFailure(`a store does not answer (${reason}): \`bun run doctor\` says more`);
      },
    );
    if (values.json) console.log(JSON.stringify(parts, null, 2));
    else if (isKnown) {
      for (const [part, fields] of Object.entries(parts)) {
        console.log(paint("bold", part));
        for (const [name, value] of Object.entries(fields)) {
          console.log(`  ${name.padEnd(20)} ${inWords(value)}`);
        }
      }
    }
    if (!isKnown)
      console.error("no store knows this job: its record is kept for an hour, rows stay");
    return isKnown ? 0 : 1;
  } finally {
    await Promise.all([closeRedis(redis), sql?.end({ timeout: 1 }).catch(() => {})]);
  }
});
