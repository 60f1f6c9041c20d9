import { percentile } from "../../bench/figures.ts";
import type { ChaosResult } from "./run-chaos.ts";
import { flaws } from "./verify.ts";

/** A Markdown table: what each kind of fault did, and what it must never do. */
export function chaosTable(result: ChaosResult): string {
  const { faults, counts, failures, posts, seed, streams, seconds } = result;
  const kinds = [...Map.groupBy(faults, (fault) => fault.kind)].sort(([a], [b]) =>
    a.localeCompare(b),
  );
  const row = (name: string, of: ChaosResult["faults"]) => {
    const found = of.flatMap(({ violations }) => violations);
    const cells = [
      name,
      of.length,
      ...flaws.map((flaw) => found.filter((one) => one.flaw === flaw).length),
      at(
        of.map(({ causeMs }) => causeMs),
        0.5,
      ),
      at(
        of.flatMap(({ streamsMs }) => streamsMs),
        0.5,
      ),
      at(
        of.flatMap(({ streamsMs }) => streamsMs),
        0.99,
      ),
    ];
    return `| ${cells.join(" | ")} |`;
  };
  const heads = ["Fault", "Runs", ...flaws.map((flaw) => flaw.replaceAll("_", " "))];
  const times = ["fault itself p50, ms", "silence p50, ms", "silence p99, ms"];
  const statuses = Object.entries(posts).map(([status, n]) =>
    status === "0" ? `${n} unanswered` : `${n} × ${status}`,
  );
  const others = Object.entries(failures).map(([code, n]) => `, ${n} ${code}`);
  return [
    `| ${[...heads, ...times].join(" | ")} |`,
    `| --- | ${[...heads.slice(1), ...times].map(() => "---:").join(" | ")} |`,
    ...kinds.map(([kind, of]) => row(kind, of)),
    row("**all**", faults),
    "",
    `Seed ${seed}, ${streams} streams, ${seconds} s: ${counts.asked} messages, ${counts.ended} ended, ` +
      `${counts.completed} of them completed${others.join("")}; ${counts.resumed} resumes; POSTs: ${statuses.join(", ")}.`,
  ].join("\n");
}

function at(samples: readonly number[], share: number): string {
  return samples.length === 0 ? "–" : `${Math.round(percentile(samples, share))}`;
}
