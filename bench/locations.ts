import postgres from "postgres";
import { blankSite, rowOf } from "../shared/locations/site.ts";
import { ensureGeography } from "../shared/locations/geo-index.ts";
import { writeSites } from "../shared/locations/write-sites.ts";
import { findCenter } from "../shared/places/district-centers.ts";
import { Client } from "../tests/client.ts";
import { startStack } from "../tests/stack.ts";
import { cpuSeconds, treeCpuSeconds } from "./cpu.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";
import { rssMb } from "./memory.ts";

const siteCount = 100_000;
const perSecond = 200;
const warmSeconds = 5;
const seconds = 20;

/** Where people are: most places crowd around these, the rest lies anywhere. */
const cities = [
  "서울 강남구",
  "서울 마포구",
  "서울 종로구",
  "부산 해운대구",
  "대구 중구",
  "대전 서구",
];
const kinds = ["카페", "마트", "도서관", "수거함", "비건 식당", "제로웨이스트 가게"];
const takes = ["무색 페트병, 캔", "소형 전자제품", "종이, 유리병", null];
const open = Object.fromEntries(
  ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [day, "09:00 ~ 18:00"]),
);

const centers = cities.flatMap((name) => findCenter(name) ?? []);

// the same in every run
let seed = 41;
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];

export function generated() {
  return Array.from({ length: siteCount }, (_, i) => {
    const center = i % 3 === 0 ? undefined : pick(centers);
    const spread = () => (random() + random() + random() - 1.5) * 0.1;
    const city = pick(cities) ?? "";
    return rowOf({
      ...blankSite,
      source: i % 5 === 0 ? "zerowaste" : "keco",
      sourceId: `bench-${i}`,
      name: `${pick(kinds)} ${i}호점`,
      roadAddress: `${city} 견본로 ${i % 900} 길 ${i % 97}`,
      lotAddress: `${city} 견본동 ${i % 4000}`,
      latitude: center ? center.latitude + spread() : 34.5 + random() * 3.5,
      longitude: center ? center.longitude + spread() : 126.5 + random() * 2.5,
      hours: open,
      items: pick(takes) ?? null,
      phone: `02-${1000 + (i % 9000)}-${1000 + (i % 8999)}`,
      introduction: "생성한 자료입니다. 재사용할 수 있는 물건을 받습니다.",
    });
  });
}

/** One request as the map makes them: mostly lists, by its zoom or by its radius. */
function request(): string {
  const center = pick(centers);
  const lat = (center?.latitude ?? 37.5) + (random() - 0.5) * 0.1;
  const lon = (center?.longitude ?? 127) + (random() - 0.5) * 0.1;
  const at = `lat=${lat.toFixed(6)}&lon=${lon.toFixed(6)}`;
  const dice = random();
  if (dice < 0.4) return `centers?${at}&zoom=${9 + Math.floor(random() * 7)}`;
  if (dice < 0.6) return `centers?${at}&zoom=13&radius=${Math.floor(300 + random() * 60_000)}`;
  if (dice < 0.7) return `centers?${at}&radius=3000&store_category=refill_zero,cafe_bakery`;
  if (dice < 0.73) return `centers?${at}&radius=50000&pickup_category=electronics`;
  // none of them takes textiles: nothing within the radius fits
  if (dice < 0.75) return `centers?${at}&radius=50000&pickup_category=textile`;
  if (dice < 0.85) return `centers/${1 + Math.floor(random() * siteCount)}`;
  const text = pick(["강남구", "마포구 카페", "수거함 77", "제로웨이스트 가게 1", "해운대"]);
  return `${dice < 0.93 ? "suggest" : "search"}?q=${encodeURIComponent(text ?? "")}`;
}

/** Sends at a steady rate, whether answers come or not; a late answer is not forgiven. */
async function load(client: Client, forSeconds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  const sent: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let i = 0; i < forSeconds * perSecond; i++) {
    const dueMs = startedAt + (i * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await Bun.sleep(waitMs);
    const path = request();
    const kind = path.replace(/\/\d+|\?.*/, (found) => (found.startsWith("/") ? "/id" : ""));
    const beganAt = performance.now();
    sent.push(
      client.fetch(`/api/v1/locations/${path}`).then(async (response) => {
        await response.text();
        const list = times.get(kind) ?? [];
        list.push(performance.now() - beganAt);
        times.set(kind, list);
        // a stranger's id is no mistake of the gateway's
        if (response.status !== 200 && response.status !== 404) {
          throw new Error(`${path} answered ${response.status}`);
        }
      }),
    );
  }
  await Promise.all(sent);
  return times;
}

/** The map under load, with the plane's index and, where it is installed, with PostGIS's. True when every bar is met. */
export async function locations(): Promise<boolean> {
  const stack = await startStack(["--workers", "0"]);
  const { services, pids } = stack.file();
  const sql = postgres(services.postgres.url, { max: 2, onnotice: () => {} });
  try {
    const idle = rssMb(pids.gateway) ?? 0;
    await sql`truncate location.location_normalized_sites restart identity`;
    await writeSites(sql, generated());
    await sql`vacuum analyze location.location_normalized_sites`;
    const figures: Figure[] = await measure(new Client(stack.file()), stack.file(), "plane");
    figures.push({
      name: "gateway RSS, grown by the load",
      value: (rssMb(pids.gateway) ?? 0) - idle,
      unit: "MB",
      bar: undefined,
    });
    const hasPostgis = await sql`create extension if not exists postgis`
      .then(() => ensureGeography(sql))
      .catch(() => false);
    if (hasPostgis) {
      await sql`vacuum analyze location.location_normalized_sites`;
      process.kill(pids.gateway, "SIGTERM"); // the supervisor starts another, which finds the index
      const restarted = await untilRestarted(stack, pids.gateway);
      figures.push(...(await measure(new Client(restarted), restarted, "PostGIS")));
    }
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    await sql.end();
    await stack.stop();
  }
}

type Stack = Awaited<ReturnType<typeof startStack>>;

async function untilRestarted(stack: Stack, before: number) {
  for (let tries = 0; tries < 300; tries++) {
    const file = stack.file();
    const isUp =
      file.pids.gateway !== before &&
      (await fetch(`${file.base_url}/health`).then(
        ({ ok }) => ok,
        () => false,
      ));
    if (isUp) return file;
    await Bun.sleep(100);
  }
  throw new Error("the gateway did not come back");
}

async function measure(client: Client, file: ReturnType<Stack["file"]>, index: string) {
  await load(client, warmSeconds);
  const cpu = () => [cpuSeconds(file.pids.gateway), treeCpuSeconds(file.services.postgres.pid)];
  const [gatewayBefore = 0, postgresBefore = 0] = cpu();
  const times = await load(client, seconds);
  const [gatewayAfter = 0, postgresAfter = 0] = cpu();
  const all = [...times.values()].flat();
  const each = (spent: number) => (spent * 1000) / all.length;
  const figures: Figure[] = [
    { name: `${index}: read p50`, value: percentile(all, 0.5), unit: "ms", bar: undefined },
    { name: `${index}: read p95`, value: percentile(all, 0.95), unit: "ms", bar: 10 },
    { name: `${index}: read p99`, value: percentile(all, 0.99), unit: "ms", bar: undefined },
  ];
  for (const [kind, list] of [...times].toSorted(([a], [b]) => a.localeCompare(b))) {
    figures.push({
      name: `${index}: ${kind} p95`,
      value: percentile(list, 0.95),
      unit: "ms",
      bar: undefined,
    });
  }
  figures.push(
    {
      name: `${index}: gateway CPU per request`,
      value: each(gatewayAfter - gatewayBefore),
      unit: "ms",
      bar: 1000 / perSecond,
    },
    {
      name: `${index}: PostgreSQL CPU per request`,
      value: each(postgresAfter - postgresBefore),
      unit: "ms",
      bar: 1000 / perSecond,
    },
  );
  return figures;
}
