import { parseArgs } from "node:util";
import { seeded, startLoad } from "../tests/faults/load.ts";
import { startRig } from "../tests/faults/rig.ts";
import { onPostgres, restart } from "../tests/faults/stores.ts";
import { type Figure, isMet, table } from "./figures.ts";

export const outageUsage = `outage [--seconds 60] [--streams 40]
          PostgreSQL killed for a while under load: answers a second meanwhile, and how long the rows
          that were not written then take afterwards; every event and row checked`;

/** Answers take about 1.5 s and each person asks anew at once: 40 people make somewhat over 20 messages/s. */
const paceMs = "12";
/** The promise is for this rate; a run that was slower shows nothing. */
const leastPerSecond = 20;
/** Promised for a minute of outage. */
const caughtUpBarS = 120;

/** Returns undefined for wrong arguments. */
export function outageArguments(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seconds: { type: "string", default: "60" },
        streams: { type: "string", default: "40" },
      },
    });
    const [seconds, streams] = [Number(values.seconds), Number(values.streams)];
    const isGood = seconds >= 1 && seconds <= 3600 && streams >= 1 && streams <= 500;
    return isGood ? { seconds, streams } : undefined;
  } catch {
    return undefined;
  }
}

/** True when every row came, in time, and the rate was what the promise is for. */
export async function outage(wish: NonNullable<ReturnType<typeof outageArguments>>) {
  const { seconds, streams } = wish;
  const rig = await startRig(
    { gateways: 1, routers: 1, workers: 2 },
    { CHAT_LOCAL_PACE_MS: paceMs, LIMIT_MESSAGES_PER_MINUTE: "6000" },
  );
  try {
    const load = startLoad(rig, streams, seeded(1));
    const rows = () =>
      onPostgres(rig.urls.postgres, async (sql) => {
        const [found] = await sql<{ count: number }[]>`
          select count(*)::int as count from chat.messages where role = 'assistant'`;
        return found?.count ?? 0;
      });
    await Bun.sleep(10_000);
    const before = load.counts.completed;
    const startedAt = performance.now();
    await restart(rig, "postgres", seconds * 1000);
    const backAt = performance.now();
    const awayS = (backAt - startedAt) / 1000;
    const completed = load.counts.completed;
    while ((await rows()) < completed) await Bun.sleep(50);
    const caughtUpS = (performance.now() - backAt) / 1000;
    const violations = await load.finish();
    const perSecond = (completed - before) / awayS;
    const figures: Figure[] = [
      { name: "PostgreSQL away", value: awayS, unit: "s", bar: undefined },
      { name: "answers meanwhile", value: perSecond, unit: "/s", bar: undefined },
      { name: "rows that waited", value: completed - before, unit: "", bar: undefined },
      { name: "caught up after", value: caughtUpS, unit: "s", bar: caughtUpBarS },
    ];
    console.log(table(figures));
    console.log(`${load.counts.ended} answers checked, ${violations.length} wrong`);
    for (const violation of violations.slice(0, 10)) console.log(JSON.stringify(violation));
    if (perSecond < leastPerSecond) console.log(`slower than ${leastPerSecond} answers a second`);
    return violations.length === 0 && figures.every(isMet) && perSecond >= leastPerSecond;
  } finally {
    await rig.stop();
  }
}
