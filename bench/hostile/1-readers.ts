import { percentile } from "../figures.ts";
import type { Bench, BenchFigure } from "../figures/figure.ts";
import { ask, type Fleet, inTurns, invite, type Person, streamOf } from "../load/fleet.ts";
import type { OpenOrder } from "../load/readers.ts";
import type { Readers } from "../load/reader-pool.ts";
import { rssMb } from "../memory.ts";
import { scrape } from "../scrape.ts";
import { openBadReaders } from "./bad-readers.ts";

const rounds = 2;
const seconds = 10;
/** What the neighbours read. */
const pace = { think: 2000, rate: 20, tokens: 500 };
/** What the crowd is on: 800 KB, close to the longest answer there may be. */
const heavy = { think: 2000, rate: 80, tokens: 2000, chars: 400 };
const heavyJobs = 2;
/** Of each round: some never read, some one byte a second, and each 200 ms some come and leave at once. */
const bad = { never: 200, slow: 100, leaving: 20 };

interface Seen {
  readonly p95: number;
  readonly peakMb: number;
}

const many = (streams: readonly OpenOrder[], count: number) =>
  Array.from({ length: count }, (_, i) => streams[i % streams.length]).filter(
    (one) => one !== undefined,
  );

/** A crowd on the heavy answers; ends with what it returns. */
type Crowd = (streams: readonly OpenOrder[]) => () => void;

async function withCrowd(
  fleet: Fleet,
  readers: Readers,
  people: readonly Person[],
  crowd: Crowd,
): Promise<Seen> {
  const { done } = await readers.report(true);
  const asked = await inTurns(people, 32, async (person, i) =>
    streamOf(fleet, person, await ask(person, i < heavyJobs ? heavy : pace)),
  );
  // the heavy answers have neighbours too, who read all of them
  const neighbours = [...asked, ...many(asked.slice(0, heavyJobs), 8)];
  readers.open(neighbours);
  const leave = crowd(asked.slice(0, heavyJobs));
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, rssMb(fleet.file().pids.gateway) ?? 0);
  }, 200);
  try {
    await readers.until("first tokens", (told) => told.started >= neighbours.length);
    await Bun.sleep(2000);
    await readers.report(true);
    await Bun.sleep(seconds * 1000);
    const told = await readers.report(true);
    await readers.until("endings", (now) => now.done >= done + neighbours.length, 120_000);
    const { wrong } = await readers.report();
    if (wrong.length > 0) throw new Error(wrong[0]);
    return { p95: told.ages.percentile(0.95), peakMb };
  } finally {
    clearInterval(watch);
    leave();
  }
}

/** How long until the gateway holds no reader any more; NaN when it still does. */
async function letGoMs(fleet: Fleet): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const tookMs = performance.now() - startedAt;
    const told = await scrape(fleet.file().admin_url);
    if (told.sum("sse_active_connections") === 0) return tookMs;
    if (tookMs > 45_000) return Number.NaN;
    await Bun.sleep(200);
  }
}

/** Readers that do not read: whom does it hurt? */
export const badReaders: BenchFigure = {
  number: 1,
  title: "Readers that never read, read a byte a second, or leave at once",
  async run(bench: Bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const [readers, others] = [bench.readers(), bench.readers()];
    const people = await invite(fleet, heavyJobs + bench.size(40));
    const [never, slow, leaving] = [bad.never, bad.slow, bad.leaving].map((count) =>
      bench.size(count),
    ) as [number, number, number];
    const good: Crowd = (streams) => {
      others.open(many(streams, never + slow));
      return () => others.leave();
    };
    const wicked: Crowd = (streams) => {
      const ends = [
        openBadReaders(many(streams, never), 0),
        openBadReaders(many(streams, slow), 1),
      ];
      const flapping = setInterval(() => {
        others.leave();
        others.open(many(streams, leaving));
      }, 200);
      return () => {
        clearInterval(flapping);
        for (const end of ends) end();
        others.leave();
      };
    };
    await withCrowd(fleet, readers, people, good);
    const [behaving, misbehaving]: [Seen[], Seen[]] = [[], []];
    for (let round = 1; round <= rounds; round++) {
      behaving.push(await withCrowd(fleet, readers, people, good));
      misbehaving.push(await withCrowd(fleet, readers, people, wicked));
      bench.say(
        `round ${round}: p95 ${behaving.at(-1)?.p95.toFixed(1)} ms beside readers that read, ` +
          `${misbehaving.at(-1)?.p95.toFixed(1)} ms beside those that do not`,
      );
    }
    const goneMs = await letGoMs(fleet);
    const median = (all: readonly Seen[], of: keyof Seen) =>
      percentile(
        all.map((one) => one[of]),
        0.5,
      );
    const growth = median(misbehaving, "peakMb") - median(behaving, "peakMb");
    return {
      rows: [
        {
          name: "neighbours' p95, against as many readers that read",
          value: median(misbehaving, "p95") / median(behaving, "p95"),
          unit: "x",
          atMost: 1.5,
        },
        {
          name: "neighbours' p95 beside bad readers",
          value: median(misbehaving, "p95"),
          unit: "ms",
        },
        { name: "neighbours' p95 beside good readers", value: median(behaving, "p95"), unit: "ms" },
        {
          name: "gateway's peak RSS above the one with good readers, for each bad one",
          value: (growth * 1024) / (never + slow),
          unit: "KB",
          // the promise is 1 MiB or 256 events for each connection
          atMost: 1024,
        },
        {
          name: "gateway's peak RSS with bad readers",
          value: median(misbehaving, "peakMb"),
          unit: "MB",
        },
        // closing what takes nothing is promised within 30 s
        { name: "all let go after", value: goneMs / 1000, unit: "s", atMost: 45 },
      ],
      charts: [],
      notes: [
        `${never} that never read, ${slow} that read a byte a second, and ${leaving} each 200 ms that leave at once, on ` +
          `${heavyJobs} answers of 800 KB; ${people.length - heavyJobs} people read answers of their own, 8 more read the heavy ones. ` +
          "Each neighbour's text is the answer.",
      ],
    };
  },
};
