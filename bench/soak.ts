import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareBooks, tellBooks } from "./books.ts";
import type { BenchFigure } from "./figures/figure.ts";
import { isMet } from "./figures/figure.ts";
import type { Fleet } from "./load/fleet.ts";
import { measureAll } from "./measure.ts";
import { benchDir, readProfile, writePage } from "./report/pages.ts";
import { type Page, surroundings } from "./report/results.ts";
import { scrape } from "./scrape.ts";
import { watchGrowth } from "./soak/growth.ts";
import { soakLoad, type SoakWish } from "./soak/load.ts";

/** Shorter runs are trials: their slopes say nothing. */
const leastMinutes = 60;
/** Ours; the stores keep what they are told for hours. */
const own = /^(gateway|router|worker)/;

export const soakUsage = `soak [--minutes 120] [--rate 18000] [--workers 1] [--out DIR]
          figure 10: so many tokens a second, steadily (60 % of figure 2): every answer's text and rows
          checked, memory slope of every process after 15 minutes, metrics against the counts made here;
          writes SOAK.md (default bench/; of less than an hour a temporary folder)`;

/** Returns undefined for wrong arguments. */
export function soakArguments(args: string[]): (SoakWish & { readonly out: string }) | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        minutes: { type: "string", default: "120" },
        rate: { type: "string", default: "18000" },
        workers: { type: "string", default: "1" },
        out: { type: "string" },
      },
    });
    const wish = {
      minutes: Number(values.minutes),
      rate: Number(values.rate),
      workers: Number(values.workers),
    };
    const isGood =
      wish.minutes > 0 &&
      wish.minutes <= 24 * 60 &&
      wish.rate >= 450 &&
      wish.rate <= 200_000 &&
      Number.isInteger(wish.workers) &&
      wish.workers >= 1 &&
      wish.workers <= 8;
    const usual = wish.minutes < leastMinutes ? join(tmpdir(), "eco2-bench") : benchDir;
    return isGood ? { ...wish, out: values.out ?? usual } : undefined;
  } catch {
    return undefined;
  }
}

async function scrapeAll(fleet: Fleet) {
  const { admin } = fleet.file();
  const [gateway, router, ...workers] = await Promise.all(
    [admin.gateway, admin.router, ...admin.workers].map(scrape),
  );
  if (!gateway || !router) throw new Error("no metrics");
  return { gateway, router, workers };
}

function soakFigure(wish: SoakWish): BenchFigure {
  const { minutes, rate, workers } = wish;
  return {
    number: 10,
    title: `${minutes} minutes at ${rate} tokens/s`,
    mostMinutes: minutes + 10,
    async run(bench) {
      const fleet = await bench.fleet({ workers });
      const growth = watchGrowth(fleet);
      const { counts, rowsChecked, books } = await soakLoad(
        fleet,
        bench.readers(),
        wish,
        bench.say,
      );
      const { replaced, steady, fromMinutes } = growth.end(minutes);
      await Bun.sleep(2000); // what is counted after the last answer
      const { gateway, router, workers: scraped } = await scrapeAll(fleet);
      const compared = compareBooks(books, gateway, router, scraped);
      console.log(tellBooks(compared));
      const wrong = compared.filter(({ told, counted }) => told !== counted);
      for (const flaw of counts.flaws.slice(0, 20)) bench.say(flaw);
      const series = steady.map(({ name, all }) => ({
        name,
        points: all.map(({ hours, mb }): [number, number] => [hours * 60, mb]),
      }));
      return {
        rows: [
          { name: "answers", value: counts.ended, unit: "" },
          { name: "tokens", value: books.tokens / minutes / 60, unit: "/s" },
          { name: "without an ending", value: counts.sent - counts.ended, unit: "", atMost: 0 },
          { name: "refused", value: counts.refused, unit: "", atMost: 0 },
          { name: "flaws of streams and rows", value: counts.flaws.length, unit: "", atMost: 0 },
          {
            name: "answers compared with their rows",
            value: rowsChecked,
            unit: "",
            atLeast: counts.ended,
          },
          {
            name: "metrics that differ from the load's counts",
            value: wrong.length,
            unit: "",
            atMost: 0,
          },
          { name: "processes replaced", value: replaced.size, unit: "", atMost: 0 },
          ...steady.map(({ name, slope }) => ({
            name: `${name}, RSS slope`,
            value: slope,
            unit: "MB/h",
            ...(own.test(name) ? { atMost: 1 } : {}),
          })),
          ...steady.map(({ name, lastMb }) => ({
            name: `${name}, RSS at the end`,
            value: lastMb,
            unit: "MB",
          })),
        ],
        charts: [
          {
            title: "RSS of our processes",
            x: "min",
            y: "MB",
            series: series.filter(({ name }) => own.test(name)),
          },
          {
            title: "RSS of the stores",
            x: "min",
            y: "MB",
            series: series.filter(({ name }) => !own.test(name)),
          },
          {
            title: "Token p95 of each minute",
            x: "min",
            y: "ms",
            series: [{ name: "p95", points: counts.p95s }],
          },
        ],
        notes: [
          `Slopes are the middle ones between the lowest samples of each minute, from minute ${fromMinutes.toFixed(1)} on. Stores have no bar: Redis keeps an ended job's log for two ` +
            "minutes and its ending, the whole answer, for an hour (`shared/limits.ts`, `ttl`), so it grows for an hour and then is flat; " +
            "PostgreSQL fills its buffers.",
          ...wrong.map(
            ({ what, told, counted }) =>
              `Metrics say ${told} ${what}, the load counted ${counted}.`,
          ),
        ],
      };
    },
  };
}

const page: Page = {
  title: "Soak",
  file: "SOAK.md",
  json: "soak.json",
  chart: "soak",
  maker: "bun run bench soak",
  about: [
    "Every answer's text was compared with its hash and with its row. The other figures: [RESULTS.md](RESULTS.md).",
  ],
  profile: readProfile,
};

/** True when nothing was lost, nothing grew, and the metrics agree. */
export async function soak({ out, ...wish }: NonNullable<ReturnType<typeof soakArguments>>) {
  const { minutes, rate, workers } = wish;
  const command = `bun run bench soak --minutes ${minutes} --rate ${rate} --workers ${workers}`;
  const about = { command, ...surroundings(), isQuick: false, wanted: 1 };
  let path = "";
  const [measured] = await measureAll([soakFigure(wish)], false, async (figures) => {
    path = await writePage(out, { ...about, figures }, page);
  });
  console.log(`\n${path}`);
  const isTrial = minutes < leastMinutes;
  return (
    measured?.outcome?.rows.every((row) => isMet(row) || (isTrial && row.unit === "MB/h")) ?? false
  );
}
