import { describe, expect, test } from "bun:test";
import { createAudit } from "../gateway/auth/audit.ts";
import { createAssistantMetrics } from "../gateway/assistant/parts.ts";
import { createHttpMetrics } from "../gateway/metrics.ts";
import { createSseMetrics } from "../gateway/sse/metrics.ts";
import { createRoomMetrics } from "../gateway/rooms/metrics.ts";
import { createSocketMetrics } from "../gateway/ws/metrics.ts";
import { createLockMetrics } from "../shared/lock/lock-metrics.ts";
import { createMetrics as routerMetrics } from "../router/metrics.ts";
import { systemClock } from "../shared/clock.ts";
import { createLog } from "../shared/log.ts";
import { watchProcess } from "../shared/process-metrics.ts";
import { Registry } from "../shared/prom.ts";
import { createBackgroundMetrics } from "../worker/background.ts";
import { createNewsMetrics } from "../worker/news/open-news.ts";
import { createMemoryMetrics } from "../worker/memory/open-memory.ts";
import { createScanMetrics } from "../worker/scan/metrics.ts";
import { createMetrics as workerMetrics } from "../worker/metrics.ts";
import { sourceFiles } from "./rendered.ts";

interface Told {
  readonly name: string;
  readonly labels: string;
}

/** What the processes export, by reading their registries. */
async function exported(): Promise<Told[]> {
  const gateway = new Registry();
  createHttpMetrics(gateway, () => true);
  createAudit({ log: createLog(() => {}), registry: gateway, clock: systemClock });
  createSseMetrics(gateway);
  createSocketMetrics(gateway);
  createAssistantMetrics(gateway);
  createRoomMetrics(gateway);
  const router = routerMetrics();
  const store = { status: "ready" };
  router.watchRelay({ isConsuming: () => true, streams: store, pubsub: store });
  const own = new Registry();
  watchProcess(own).stop();
  const memory = new Registry();
  createMemoryMetrics(memory);
  createBackgroundMetrics(memory);
  createNewsMetrics(memory);
  createScanMetrics(memory);
  const locks = new Registry();
  createLockMetrics(locks);
  const registries = [workerMetrics().registry, memory, locks, router.registry, gateway, own];
  return registries.flatMap((registry) =>
    registry.getMetricsAsArray().map((metric) => {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      return { name, labels: labelNames.join(", ") };
    }),
  );
}

/** What the page says, without the names it explains away. */
function documented(): Told[] {
  const [page = ""] = (sourceFiles("*.md").get("METRICS.md") ?? "").split("## Names of the");
  return [...page.matchAll(/^\| `([a-z_]+)` +\| ([a-z_, ]*?) *\|/gm)].map(
    ([, name = "", labels = ""]) => ({ name, labels }),
  );
}

const byName = (a: Told, b: Told) => (a.name < b.name ? -1 : 1);

describe("METRICS.md", () => {
  test("names what the code exports, with its labels, and nothing else", async () => {
    expect(documented().sort(byName)).toEqual((await exported()).sort(byName));
  });

  test("no label can grow with jobs, people or texts", async () => {
    const known =
      "action code error_type grade group intent kind loop method node outcome provider queue reason result role route shard source stage status subagent type";
    const labels = (await exported()).flatMap(({ labels: each }) => each.split(", "));
    const unknown = labels.filter((label) => label !== "" && !known.split(" ").includes(label));
    expect(unknown).toEqual([]);
  });
});

test("histograms that alerts ask have an edge at their threshold", async () => {
  const { registry, tokenLatency, streamSeconds } = workerMetrics();
  tokenLatency.observe({ node: "answer" }, 0.01);
  streamSeconds.observe({ node: "answer", status: "completed" }, 1);
  const text = await registry.metrics();
  expect(text).toMatch(/chat_stream_token_latency_seconds_bucket\{le="0.05",/);
  expect(text).toMatch(/chat_stream_duration_seconds_bucket\{le="30",/);
});

test("every action of a dead letter is there before the first one", async () => {
  const text = await routerMetrics().registry.metrics();
  for (const action of ["ended-now", "rescued", "unreadable"]) {
    expect(text).toContain(`event_router_dead_letters_total{action="${action}"} 0`);
  }
});
