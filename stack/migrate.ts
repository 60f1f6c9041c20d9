import { StackFailure, runCommand } from "./failure.ts";
import { readFlags } from "./flags.ts";
import { homeOf } from "./home.ts";
import { runMigrations } from "./run-migrations.ts";
import { readStackFile } from "./stack-file.ts";

const usage = `
Usage: bun run migrate

Brings the schema of DATABASE_URL, else of the running stack of this folder, up to date. Forward only.`;

await runCommand(async () => {
  readFlags(usage, {});
  const url =
    process.env["DATABASE_URL"] || readStackFile(homeOf(process.cwd()))?.services.postgres.url;
  if (!url)
    throw new StackFailure("no database: set DATABASE_URL, or start the stack with `bun run up`");
  const ran = await runMigrations(url).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StackFailure(`migration failed: ${reason}`, { cause });
  });
  console.log(ran.length > 0 ? `ran ${ran.join(", ")}` : "the schema is up to date");
  return 0;
});
