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
  readonly figures: readonly Measured[];
}

const first = (argv: string[]): string => {
  try {
    return Bun.spawnSync(argv, { stderr: "ignore" }).stdout.toString().trim().split("\n")[0] ?? "";
  } catch {
    return "unknown";
  }
};

/** Where and with what it was measured. */
export function surroundings() {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    commit: first(["git", "rev-parse", "--short", "HEAD"]),
    machine: `${cpus().length} × ${cpu?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    versions: {
      bun: Bun.version,
      redis: first(["redis-server", "--version"]),
      rabbitmq: first(["rabbitmqctl", "version"]) || "unknown",
      postgres: first(["postgres", "--version"]) || first(["psql", "--version"]),
    },
  };
}

export const chartFile = (figure: number, chart: number): string =>
  `charts/figure-${figure}-${chart + 1}.svg`;

const amount = ({ value, unit }: Row): string =>
  `${Number.isFinite(value) ? value.toFixed(Math.abs(value) < 100 ? 2 : 0) : "–"} ${unit}`.trim();
const barOf = ({ atMost, atLeast, unit }: Row): string =>
  atMost !== undefined
    ? `≤ ${atMost} ${unit}`.trim()
    : atLeast !== undefined
      ? `≥ ${atLeast} ${unit}`.trim()
      : "";
const verdict = (row: Row): string => (barOf(row) === "" ? "" : isMet(row) ? "met" : "**missed**");

/** The page people read. */
export function writeMarkdown({ figures, versions, ...about }: Results): string {
  const head = [
    "# Results",
    "",
    "Made by `bun run bench full`; not written by hand. Raw numbers: [results.json](results.json).",
    "",
    ...(about.isQuick
      ? ["**Tried out at a tenth of the size: none of these numbers counts.**", ""]
      : []),
    "| | |",
    "| --- | --- |",
    `| command | \`${about.command}\` |`,
    `| date | ${about.date} |`,
    `| commit | ${about.commit} |`,
    `| machine | ${about.machine} |`,
    ...Object.entries(versions).map(([name, version]) => `| ${name} | ${version} |`),
  ];
  const sections = figures.flatMap(({ number, title, seconds, outcome, failure }) => [
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
            `![${chart.title}](${chartFile(number, i)})`,
            "",
          ]),
          ...outcome.notes.flatMap((note) => [note, ""]),
        ]
      : []),
    `Took ${seconds.toFixed(0)} s. Every stream's text was compared with its answer's hash.`,
  ]);
  return `${[...head, ...sections].join("\n")}\n`;
}

/** For the terminal. */
export function tell({ outcome }: Measured): string {
  return (outcome?.rows ?? [])
    .map((row) =>
      `  ${row.name}: ${amount(row)} ${barOf(row)} ${verdict(row).replaceAll("*", "")}`.trimEnd(),
    )
    .join("\n");
}
