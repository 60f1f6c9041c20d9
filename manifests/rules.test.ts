import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { find, sourceObjects } from "./rendered.ts";

const promtool = Bun.which("promtool");
if (!promtool) console.warn("skipped: promtool is not on PATH (Debian package `prometheus`)");

const { groups } = find(sourceObjects("components/monitoring"), "PrometheusRule", "chat").spec;

interface Case {
  /** What happens, in words. */
  readonly name: string;
  /** Series and their values, one a minute, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  readonly alert: string;
  readonly at: string;
  readonly fires: boolean;
}

const redis = (member: number, role: string) =>
  `redis_instance_info{redis="streams",pod="rfr-streams-${member}",role="${role}"}`;

const cases: readonly Case[] = [
  {
    name: "two masters of one set",
    series: { [redis(0, "master")]: "1x10", [redis(1, "master")]: "1x10" },
    alert: "RedisMasterCount",
    at: "5m",
    fires: true,
  },
  {
    name: "one master is as it should be",
    series: { [redis(0, "master")]: "1x10", [redis(1, "slave")]: "1x10" },
    alert: "RedisMasterCount",
    at: "5m",
    fires: false,
  },
  {
    name: "a set without a master",
    series: { [redis(0, "slave")]: "1x10", [redis(1, "slave")]: "1x10" },
    alert: "RedisMasterMissing",
    at: "5m",
    fires: true,
  },
  {
    name: "persistence not deployed, though the relay reports its group's lag",
    series: {
      'event_router_consumer_lag{group="chat-persistence",shard="0",process="router-relay"}':
        "0x20",
      'chat_persistence_lag{process="router-relay"}': "0x20",
    },
    alert: "PersistenceGroupMissing",
    at: "10m",
    fires: true,
  },
  {
    name: "persistence runs",
    series: { 'chat_persistence_lag{process="router-persistence"}': "0x20" },
    alert: "PersistenceGroupMissing",
    at: "10m",
    fires: false,
  },
  {
    name: "a slow token histogram under traffic",
    series: {
      'chat_stream_token_latency_seconds_bucket{le="0.05"}': "0+10x20",
      'chat_stream_token_latency_seconds_bucket{le="0.1"}': "0+100x20",
      'chat_stream_token_latency_seconds_bucket{le="+Inf"}': "0+100x20",
      'chat_stream_tokens_total{node="answer"}': "0+100x20",
    },
    alert: "ChatTokenLatencyHigh",
    at: "15m",
    fires: true,
  },
  {
    name: "no traffic, no latency alert",
    series: {
      'chat_stream_token_latency_seconds_bucket{le="0.05"}': "10x20",
      'chat_stream_token_latency_seconds_bucket{le="+Inf"}': "100x20",
      'chat_stream_tokens_total{node="answer"}': "100x20",
    },
    alert: "ChatTokenLatencyHigh",
    at: "15m",
    fires: false,
  },
  {
    name: "a job given up",
    series: { 'event_router_dead_letters_total{action="ended"}': "0 0 0 1x10" },
    alert: "ChatJobsGivenUp",
    at: "5m",
    fires: true,
  },
  {
    name: "a job brought back to the queue is not given up",
    series: { 'event_router_dead_letters_total{action="rescued"}': "0 0 0 1x10" },
    alert: "ChatJobsGivenUp",
    at: "5m",
    fires: false,
  },
  {
    name: "a pod at 90 % of its limit",
    series: {
      'container_memory_working_set_bytes{namespace="chat",pod="worker-1",container="worker"}':
        "90x20",
      'kube_pod_container_resource_limits{namespace="chat",pod="worker-1",container="worker",resource="memory"}':
        "100x20",
    },
    alert: "ChatPodMemory",
    at: "15m",
    fires: true,
  },
];

/** Runs promtool in a folder of its own with these files. */
function run(files: Readonly<Record<string, unknown>>, ...args: string[]): string {
  const dir = mkdtempSync(join(tmpdir(), "eco2-rules-"));
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(dir, name), JSON.stringify(content)); // JSON is YAML
    const { success, stdout, stderr } = Bun.spawnSync([promtool ?? "promtool", ...args], {
      cwd: dir,
    });
    return success ? "ok" : stdout.toString() + stderr.toString();
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test.skipIf(!promtool)("Prometheus accepts every rule", () => {
  expect(run({ "rules.yml": { groups } }, "check", "rules", "rules.yml")).toBe("ok");
});

test.skipIf(!promtool).each([...cases])("$name: $alert fires=$fires", (one) => {
  // The alert alone, without annotations: its labels are not what this is about.
  const rule = groups
    .flatMap(({ rules }: { rules: { alert: string; expr: string; for: string }[] }) => rules)
    .find(({ alert }: { alert: string }) => alert === one.alert);
  const asked = `count(ALERTS{alertname="${one.alert}",alertstate="firing"}) > 0`;
  const tests = {
    rule_files: ["rules.yml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(one.series).map(([series, values]) => ({ series, values })),
        promql_expr_test: [
          {
            expr: asked,
            eval_time: one.at,
            exp_samples: one.fires ? [{ labels: "{}", value: 1 }] : [],
          },
        ],
      },
    ],
  };
  const only = { alert: rule.alert, expr: rule.expr, for: rule.for };
  const files = { "rules.yml": { groups: [{ name: "one", rules: [only] }] }, "test.yml": tests };
  expect(run(files, "test", "rules", "test.yml")).toBe("ok");
});
