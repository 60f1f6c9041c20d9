import { cpus, totalmem } from "node:os";
import { isMet, type Outcome, type Row } from "../figures/figure.ts";

export interface Measured {
  readonly number: number;
  readonly title: string;
  readonly seconds: number;
  /** Undefined when it could not be measured. */
  readonly outcome?: Outcome;
  readonly failure?: string;
}

export interface Results {
  readonly command: string;
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Everything a tenth of its size: it shows that the benchmark runs, and no more. */
  readonly isQuick: boolean;
  /** How many were to be measured. */
  readonly wanted: number;
  readonly figures: readonly Measured[];
}

/** One of the pages people read. */
export interface Page {
  readonly title: string;
  readonly file: string;
  readonly json: string;
  /** What the names of its charts begin with. */
  readonly chart: string;
  readonly maker: string;
  /** What stands above the first section. */
  readonly about: readonly string[];
  /** Words about a missed figure, if there are. */
  readonly profile?: (number: number) => string | undefined;
}

const first = (argv: string[]): string => {
  try {
    return Bun.spawnSync(argv, { stderr: "ignore" }).stdout.toString().trim().split("\n")[0] ?? "";
  } catch {
    return "unknown";
  }
};

/** What the benchmarks write themselves changes no measurement. */
const ownPages = [":!/bench/*.md", ":!/bench/*.json", ":!/bench/charts"];

/** Where and with what it was measured. */
export function surroundings() {
  const [cpu] = cpus();
  const isChanged =
    first(["git", "status", "--porcelain", "--untracked-files=no", "--", ":/", ...ownPages]) !== "";
  return {
    date: new Date().toISOString(),
    commit: `${first(["git", "rev-parse", "--short", "HEAD"])}${isChanged ? ", changed since" : ""}`,
    machine: `${cpus().length} × ${cpu?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    versions: {
      bun: Bun.version,
      redis: /v=(\S+)/.exec(first(["redis-server", "--version"]))?.[1] ?? "unknown",
      rabbitmq: first(["rabbitmqctl", "version"]) || "unknown",
      postgres: first(["postgres", "--version"]) || first(["psql", "--version"]) || "unknown",
    },
  };
}

export const chartFile = ({ chart }: Pick<Page, "chart">, figure: number, at: number): string =>
  `charts/${chart}-${figure}-${at + 1}.svg`;

const amount = ({ value, unit }: Row): string =>
  `${Number.isFinite(value) ? value.toFixed(Math.abs(value) < 100 ? 2 : 0) : "–"} ${unit}`.trim();
const barOf = ({ atMost, atLeast, unit }: Row): string =>
  atMost !== undefined
    ? `≤ ${atMost} ${unit}`.trim()
    : atLeast !== undefined
      ? `≥ ${atLeast} ${unit}`.trim()
      : "";
const verdict = (row: Row): string => (barOf(row) === "" ? "" : isMet(row) ? "met" : "**missed**");

/** Of a figure that missed a bar or could not be measured: where the time or memory goes. */
function whereItGoes({ number, outcome, failure }: Measured, { profile }: Page): string[] {
  const isMissed = failure !== undefined || !(outcome?.rows.every(isMet) ?? false);
  if (!profile || !isMissed) return [];
  const text = profile(number);
  if (text === undefined) return ["No profile of it is attached yet.", ""];
  // its headings stand below the figure's
  return ["### Where it goes", "", text.replaceAll(/^#+ /gm, "#### "), ""];
}

function section(measured: Measured, page: Page): string[] {
  const { number, title, seconds, outcome, failure } = measured;
  return [
    "",
    `## ${number}. ${title}`,
    "",
    ...(failure === undefined ? [] : [`**Not measured:** ${failure}`, ""]),
    ...(outcome
      ? [
          "| | value | bar | |",
          "| --- | --- | --- | --- |",
          ...outcome.rows.map(
            (row) => `| ${row.name} | ${amount(row)} | ${barOf(row)} | ${verdict(row)} |`,
          ),
          "",
          ...outcome.charts.flatMap((chart, i) => [
            `![${chart.title}](${chartFile(page, number, i)})`,
            "",
          ]),
          ...outcome.notes.flatMap((note) => [note, ""]),
        ]
      : []),
    ...whereItGoes(measured, page),
    `Took ${seconds.toFixed(0)} s.`,
  ];
}

/** The page people read. */
export function writeMarkdown(results: Results, page: Page): string {
  const { figures, versions, wanted, isQuick, command, date, commit, machine } = results;
  const head = [
    `# ${page.title}`,
    "",
    `Made by \`${page.maker}\`; not written by hand. Raw numbers: [${page.json}](${page.json}).`,
    "",
    ...page.about.flatMap((line) => [line, ""]),
    ...(isQuick ? ["**Tried out at a tenth of the size: none of these numbers counts.**", ""] : []),
    ...(figures.length < wanted
      ? [`**Stopped early: ${figures.length} of ${wanted} were measured.**`, ""]
      : []),
    "| | |",
    "| --- | --- |",
    `| command | \`${command}\` |`,
    `| date | ${date} |`,
    `| commit | ${commit} |`,
    `| machine | ${machine} |`,
    ...Object.entries(versions).map(([name, version]) => `| ${name} | ${version} |`),
  ];
  return `${[...head, ...figures.flatMap((one) => section(one, page))].join("\n")}\n`;
}

/** For the terminal. */
export function tell({ outcome, failure }: Measured): string {
  if (failure !== undefined) return `  not measured: ${failure}`;
  return (outcome?.rows ?? [])
    .map((row) =>
      `  ${row.name}: ${amount(row)} ${barOf(row)} ${verdict(row).replaceAll("*", "")}`.trimEnd(),
    )
    .join("\n");
}
