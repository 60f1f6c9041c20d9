import type { Bench, BenchFigure } from "./figures/figure.ts";
import { type Floor, startFloor } from "./floor/floor.ts";
import { type Fleet, startFleet } from "./load/fleet.ts";
import { type Readers, startReaders } from "./load/reader-pool.ts";
import { type Measured, tell } from "./report/results.ts";

/** A figure that hangs must not cost the others. */
const usualMinutes = 10;

/** What one figure uses, and its end. */
function openBench(isQuick: boolean) {
  let fleet: Promise<Fleet> | undefined;
  let floor: Promise<Floor> | undefined;
  const readers: Readers[] = [];
  const bench: Bench = {
    say: (fact) => console.log(`  ${fact}`),
    size: (whole) => (isQuick ? Math.max(1, Math.round(whole / 10)) : whole),
    fleet: (options) => (fleet ??= startFleet(options)),
    floor: () =>
      (floor ??= bench.fleet().then((running) => {
        const { redis_streams, redis_pubsub } = running.file().services;
        return startFloor({ streamsUrl: redis_streams.url, pubsubUrl: redis_pubsub.url });
      })),
    readers: () => {
      const started = startReaders();
      readers.push(started);
      return started;
    },
  };
  const close = async () => {
    await Promise.allSettled(readers.map((each) => each.stop()));
    await floor?.then((each) => each.stop()).catch(() => undefined);
    await fleet?.then((each) => each.stop()).catch(() => undefined);
  };
  return { bench, close };
}

/** Runs one figure on a fresh fleet and tells what came of it. Never throws: what fails is told as such. */
export async function measure(figure: BenchFigure, isQuick: boolean): Promise<Measured> {
  const { number, title, mostMinutes = usualMinutes } = figure;
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const { bench, close } = openBench(isQuick);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`not over after ${mostMinutes} minutes`)),
    mostMinutes * 60_000,
  );
  try {
    const outcome = await Promise.race([figure.run(bench), late.promise]);
    return { number, title, outcome, seconds: seconds() };
  } catch (cause) {
    const failure = cause instanceof Error ? cause.message : String(cause);
    return { number, title, failure, seconds: seconds() };
  } finally {
    clearTimeout(timer);
    await close();
  }
}

/** One after the other, with progress; `onEach` is given everything measured so far. */
export async function measureAll(
  figures: readonly BenchFigure[],
  isQuick: boolean,
  onEach: (measured: readonly Measured[]) => Promise<void>,
): Promise<readonly Measured[]> {
  const startedAt = performance.now();
  const measured: Measured[] = [];
  for (const figure of figures) {
    const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
    const place = `${measured.length + 1} of ${figures.length}, after ${minutes} min`;
    console.log(`\n${figure.number}. ${figure.title} (${place})`);
    const one = await measure(figure, isQuick);
    measured.push(one);
    console.log(tell(one));
    await onEach(measured);
  }
  return measured;
}
