import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { kakaoLocal } from "../shared/apis/kakao-local.ts";
import { sampleSites } from "../shared/locations/sample-sites.ts";
import { siteSources } from "../shared/locations/site.ts";
import { writeSites } from "../shared/locations/write-sites.ts";
import { StackFailure, runCommand } from "./failure.ts";
import { homeOf } from "./home.ts";
import { type ImportReport, importSites } from "./locations/import-sites.ts";
import { sourceOf } from "./locations/read-facts.ts";
import { type Encoding, readRows } from "./locations/read-rows.ts";
import { readStackFile } from "./stack-file.ts";

const usage = `
Usage: bun run import-locations <file> [--source keco|zerowaste] [--encoding utf-8|cp949]
                                [--replace] [--geocode] [--dry-run] [--json]
       bun run import-locations --sample

Brings places of the public data sets onto the map: a CSV or JSON file, columns by their public names
(positn_nm, 상호명, 위도 …). Rows are told apart by their id, so importing again changes nothing.
The made-up sites of the sample set go away for the source that is imported.

  --source     which data set it is; needed where the columns do not tell
  --encoding   utf-8 or cp949; found out by itself
  --replace    removes sites of the source that the file no longer has
  --geocode    looks up coordinates by address where a row has none (KAKAO_REST_API_KEY)
  --dry-run    reads and reports, writes nothing
  --json       the report as JSON
  --sample     writes the sample set, clearly marked, into an empty map

Writes to DATABASE_URL, or to the stack of this folder. Exits 1 when no row could be imported.`;

const wrong = (message: string) =>
  new StackFailure(`${message}\n\n${usage.trim()}`, { exitCode: 2 });

function readArguments() {
  try {
    return parseArgs({
      options: {
        help: { type: "boolean", short: "h" },
        source: { type: "string" },
        encoding: { type: "string" },
        replace: { type: "boolean", default: false },
        geocode: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        sample: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause));
  }
}

await runCommand(async () => {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(usage.trim());
    return 0;
  }
  const [path] = positionals;
  if (values.sample ? path !== undefined : positionals.length !== 1)
    throw wrong("one file is wanted");
  const url =
    process.env["DATABASE_URL"] || readStackFile(homeOf(process.cwd()))?.services.postgres.url;
  if (!url) {
    throw new StackFailure("no database: set DATABASE_URL, or start the stack with `bun run up`");
  }
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  try {
    if (path === undefined) {
      const { inserted } = await writeSites(sql, sampleSites());
      console.log(`${inserted} sample sites written`);
      return 0;
    }
    const report = await importFile(sql, path, values);
    console.log(values.json ? asJson(report) : describe(report, values["dry-run"]));
    return report.inserted + report.updated + report.unchanged > 0 || values["dry-run"] ? 0 : 1;
  } finally {
    await sql.end({ timeout: 2 });
  }
});

async function importFile(
  sql: postgres.Sql,
  path: string,
  flags: Pick<
    ReturnType<typeof readArguments>["values"],
    "source" | "encoding" | "replace" | "geocode" | "dry-run"
  >,
): Promise<ImportReport> {
  if (!existsSync(path)) throw new StackFailure(`there is no file ${path}`);
  const { encoding } = flags;
  if (encoding !== undefined && encoding !== "utf-8" && encoding !== "cp949") {
    throw wrong(`--encoding wants utf-8 or cp949, not "${encoding}"`);
  }
  const bytes = await Bun.file(path).bytes();
  const file = attempt(() => readRows(bytes, encoding satisfies Encoding | undefined));
  const [first = {}] = file.rows;
  const source = flags.source ?? sourceOf(first);
  const known = siteSources.find((one) => one === source);
  if (!known) throw wrong(`--source wants ${siteSources.join(" or ")}`);
  const key = process.env["KAKAO_REST_API_KEY"];
  if (flags.geocode && !key) throw new StackFailure("--geocode needs KAKAO_REST_API_KEY");
  const baseUrl = process.env["KAKAO_BASE_URL"];
  try {
    return await importSites(sql, file.rows, {
      source: known,
      replaces: flags.replace,
      isDry: flags["dry-run"],
      kakao: flags.geocode ? kakaoLocal({ key, baseUrl }) : undefined,
      tell: progress(),
    });
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new StackFailure(`nothing was imported: ${cause.message}`, { cause });
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new StackFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A line a second at most, on stderr. */
function progress() {
  let toldAt = performance.now();
  return (what: string, done: number, of: number) => {
    if (performance.now() - toldAt < 1000) return;
    toldAt = performance.now();
    console.error(`${what}: ${done} of ${of}`);
  };
}

function asJson({ refused, ...report }: ImportReport): string {
  return JSON.stringify({ ...report, refused: Object.fromEntries(refused) });
}

function describe(report: ImportReport, isDry: boolean): string {
  const refusedRows = [...report.refused.values()].reduce((sum, { count }) => sum + count, 0);
  const lines = [
    `rows read            ${report.read}`,
    isDry
      ? `would be imported    ${report.read - refusedRows}`
      : `imported             ${report.inserted} new, ${report.updated} changed, ${report.unchanged} as before`,
    `without coordinates  ${report.withoutCoordinates}${report.located > 0 ? ` (${report.located} looked up)` : ""}`,
    ...(report.removed > 0 ? [`removed              ${report.removed}`] : []),
    `refused              ${refusedRows}`,
    ...[...report.refused].map(([why, { count, rows }]) => {
      const more = count > rows.length ? ", …" : "";
      return `  ${why}: ${count} (row ${rows.join(", ")}${more})`;
    }),
    ...(isDry ? ["nothing was written"] : []),
    ...(report.hasGeography ? ["PostGIS is used for what is near"] : []),
  ];
  return lines.join("\n");
}
