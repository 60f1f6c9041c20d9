import { Redis } from "ioredis";
import postgres from "postgres";
import { newsCategories } from "../shared/news/article.ts";
import { rebuildFeeds } from "../shared/news/feed.ts";
import { Client } from "../tests/client.ts";
import { startStack } from "../tests/stack.ts";
import { cpuSeconds, treeCpuSeconds } from "./cpu.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";
import { rssMb } from "./memory.ts";

const articleCount = 100_000;
const perSecond = 200;
const warmSeconds = 5;
const seconds = 20;
const people = 50;

// the same in every run
let seed = 43;
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Two years of articles, three a second at times: many share their millisecond. */
async function fill(sql: postgres.Sql): Promise<void> {
  await sql`truncate info.news_articles`;
  await sql`
    insert into info.news_articles (id, url, title, snippet, source, source_name, thumbnail_url, category, keywords,
      published_at)
    select 'bench_' || i, 'https://press.example/' || i, '생성한 기사 제목 ' || i, repeat('요약 문장입니다. ', 20),
      (array['naver', 'newsdata', 'rss'])[1 + i % 3], '신문', case when i % 4 = 0 then 'https://img.example/' || i end,
      (${sql.array([...newsCategories])}::text[])[1 + i % 7 % 3], array['재활용', '분리배출'],
      date_trunc('minute', now()) - (i / 3) * interval '31 minutes'
    from generate_series(1, ${articleCount}) as i`;
  await sql`vacuum analyze info.news_articles`;
}

/** One request as people make them: the first page, then on; now and then the profile and the collection. */
function request(cursors: string[]): string {
  const dice = random();
  const list = pick(["", "category=environment", "category=energy", "category=ai"]);
  if (dice < 0.4) return `info/news?limit=10&${list}`;
  if (dice < 0.7 && cursors.length > 0) return `info/news?limit=10&${list}&cursor=${pick(cursors)}`;
  if (dice < 0.75) return `info/news?limit=50&has_image=true&${list}`;
  if (dice < 0.8) return `info/news?limit=10&source=newsdata&${list}`;
  if (dice < 0.9) return "users/me";
  return dice < 0.96 ? "users/me/characters" : "character/catalog";
}

/** Sends at a steady rate, whether answers come or not; a late answer is not forgiven. */
async function load(clients: readonly Client[], forSeconds: number, cursors: string[]) {
  const times = new Map<string, number[]>();
  const sent: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let i = 0; i < forSeconds * perSecond; i++) {
    const waitMs = startedAt + (i * 1000) / perSecond - performance.now();
    if (waitMs > 0) await Bun.sleep(waitMs);
    const path = request(cursors);
    const kind = path.includes("cursor=") ? "info/news, later page" : path.replace(/\?.*/, "");
    const beganAt = performance.now();
    sent.push(
      pick(clients)
        .fetch(`/api/v1/${path}`)
        .then(async (response) => {
          const body = (await response.json()) as { next_cursor?: string | null };
          const list = times.get(kind) ?? [];
          list.push(performance.now() - beganAt);
          times.set(kind, list);
          if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
          if (body.next_cursor && cursors.length < 2000) cursors.push(body.next_cursor);
        }),
    );
  }
  await Promise.all(sent);
  return times;
}

/** News, profile and collection under load with many articles. True when every bar is met. */
export async function news(): Promise<boolean> {
  const stack = await startStack(["--workers", "0"]);
  const { services, pids } = stack.file();
  const sql = postgres(services.postgres.url, { max: 2, onnotice: () => {} });
  const cacheUrl = new URL(services.redis_pubsub.url);
  cacheUrl.pathname = "/1"; // where the local stack keeps its cache
  const cache = new Redis(cacheUrl.href);
  try {
    const idle = rssMb(pids.gateway) ?? 0;
    await fill(sql);
    await rebuildFeeds(sql, cache);
    const clients = Array.from({ length: people }, () => new Client(stack.file()));
    const cursors: string[] = [];
    await load(clients, warmSeconds, cursors);
    const cpu = () => [cpuSeconds(pids.gateway), treeCpuSeconds(services.postgres.pid ?? 0)];
    const [gatewayBefore = 0, postgresBefore = 0] = cpu();
    const times = await load(clients, seconds, cursors);
    const [gatewayAfter = 0, postgresAfter = 0] = cpu();
    const all = [...times.values()].flat();
    const figures: Figure[] = [
      { name: "read p50", value: percentile(all, 0.5), unit: "ms", bar: undefined },
      { name: "read p95", value: percentile(all, 0.95), unit: "ms", bar: 10 },
      { name: "read p99", value: percentile(all, 0.99), unit: "ms", bar: undefined },
      ...[...times]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([kind, list]) => ({
          name: `${kind} p95`,
          value: percentile(list, 0.95),
          unit: "ms",
          bar: undefined,
        })),
      // a core is shared with whatever else runs: CPU time is what a request itself costs
      {
        name: "gateway CPU per request",
        value: ((gatewayAfter - gatewayBefore) * 1000) / all.length,
        unit: "ms",
        bar: 1000 / perSecond,
      },
      {
        name: "PostgreSQL CPU per request",
        value: ((postgresAfter - postgresBefore) * 1000) / all.length,
        unit: "ms",
        bar: 1000 / perSecond,
      },
      {
        name: "gateway RSS, grown by the load",
        value: (rssMb(pids.gateway) ?? 0) - idle,
        unit: "MB",
        bar: undefined,
      },
    ];
    console.log(`${articleCount} articles, ${perSecond} requests a second\n`);
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    cache.disconnect();
    await sql.end();
    await stack.stop();
  }
}
