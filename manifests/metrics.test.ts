import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { find, folder, sourceFiles, type Spec, sourceObjects } from "./rendered.ts";

// A renamed metric must not turn an alert or an autoscaler blind, so every name used here is looked up
// in the code that exports it.

const rules: Spec[] = find(
  sourceObjects("components/monitoring"),
  "PrometheusRule",
  "chat",
).spec.groups.flatMap((group: Spec) => group.rules);

const dashboard = JSON.parse(
  sourceFiles().get("components/monitoring/dashboards/chat.json") ?? "{}",
) as Spec;
const panels: string[] = dashboard.panels
  .flatMap((panel: Spec) => panel.targets ?? [])
  .filter((target: Spec) => target.datasource.type === "prometheus")
  .map((target: Spec) => target.expr);

const triggers: string[] = sourceObjects("components/autoscaling")
  .flatMap(({ spec }) => spec.triggers ?? [])
  .flatMap((trigger: Spec) => trigger.metadata.query ?? []);

/** Exported by the platform: RabbitMQ, the Redis exporter, kubelet, kube-state-metrics, node exporter. */
const foreign = /^(rabbitmq|redis|container|kube|node)_/;
const ours = /\b(?:chat|event_router|sse|router|misrouted|trimmed)_[a-z0-9_]+\b/g;

/** Metric names of ours in an expression; label names and their values do not count. */
function metricsIn(expression: string): string[] {
  const bare = expression.replace(/\{[^}]*\}/g, "").replace(/\b(by|on)\s*\([^)]*\)/g, "");
  const histogram = /_(bucket|sum|count)$/;
  return [...bare.matchAll(ours)]
    .map(([name]) => name.replace(histogram, ""))
    .filter((name) => !foreign.test(name));
}

const used = new Map<string, string>();
for (const { alert, expr } of rules) for (const name of metricsIn(expr)) used.set(name, alert);
for (const expr of panels) for (const name of metricsIn(expr)) used.set(name, "the dashboard");
for (const expr of triggers) for (const name of metricsIn(expr)) used.set(name, "an autoscaler");

const sources = [...new Glob("{gateway,worker,router,shared}/**/*.ts").scanSync(join(folder, ".."))]
  .filter((path) => !path.endsWith(".test.ts"))
  .map((path) => readFileSync(join(folder, "..", path), "utf8"));

/** Is a metric of this name made in the code? Either whole, or behind the prefix of a helper. */
function isExported(name: string): boolean {
  const short = name.replace(/^sse_gateway_/, "");
  return sources.some(
    (text) =>
      text.includes(`"${name}"`) ||
      (short !== name && text.includes("`sse_gateway_${name}`") && text.includes(`"${short}"`)),
  );
}

describe("metrics", () => {
  test("the check found names in alerts, panels and triggers", () => {
    expect(rules.length).toBeGreaterThan(14);
    expect(panels.length).toBeGreaterThan(20);
    expect(triggers).toHaveLength(1);
    expect(used.size).toBeGreaterThan(10);
  });

  test("every name in an alert, a panel or a trigger is one the code exports", () => {
    const unknown = [...used].filter(([name]) => !isExported(name));
    expect(unknown).toEqual([]);
  });

  test("no trigger turns a lost metric into no load", () => {
    for (const query of triggers) expect(query).not.toMatch(/or\s+vector/);
  });
});

describe("alerts", () => {
  const runbook = sourceFiles("*.md").get("RUNBOOK.md") ?? "";
  const anchors = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = ""]) => title.toLowerCase());

  test.each(rules.map((rule) => [rule.alert as string, rule] as const))(
    "%s says what is wrong and where to read on",
    (alert, rule) => {
      expect(rule.labels.severity).toMatch(/^(warning|critical)$/);
      expect(rule.for).toMatch(/^\d+m$/);
      const { summary, description, runbook_url: link } = rule.annotations;
      expect(summary.length).toBeGreaterThan(10);
      expect(description.length).toBeGreaterThan(20);
      expect(link).toEndWith(`/manifests/RUNBOOK.md#${alert.toLowerCase()}`);
      expect(anchors).toContain(alert.toLowerCase());
    },
  );

  test("the runbook has no section without an alert", () => {
    const alerts = rules.map(({ alert }) => alert.toLowerCase());
    const sections = anchors.filter((anchor) => /^[a-z]+$/.test(anchor));
    expect(sections.filter((section) => !alerts.includes(section))).toEqual([]);
  });

  test("have the thresholds and waiting times of the plan", () => {
    const seen = Object.fromEntries(
      rules.map(({ alert, expr, for: waits, labels }) => [
        alert,
        `${/([<>!]=?\s*[\d.]+)(?:$|\s+and)/.exec(expr)?.[1] ?? "absent"} ${waits} ${labels.severity}`,
      ]),
    );
    expect(seen).toEqual({
      ChatTokenLatencyHigh: "> 0.05 5m warning",
      ChatStreamDurationHigh: "> 30 5m warning",
      ChatActiveStreamsHigh: "> 100 5m warning",
      SseNearCapacity: "> 270 5m warning",
      SseMetricAbsent: "absent 10m critical",
      ChatQueueBacklog: "> 20 10m warning",
      ChatDeadLetters: "> 0 1m critical",
      ChatJobsGivenUp: "> 0 0m critical",
      ChatQueueNoConsumer: "< 1 2m critical",
      RouterGroupLag: "> 500 2m warning",
      PersistenceGroupMissing: "absent 5m critical",
      TrimmedUnread: "> 0 0m critical",
      MisroutedStreams: "> 0 0m critical",
      RedisStreamsMemory: "> 0.75 5m critical",
      RedisMasterCount: "!= 1 1m critical",
      RedisMasterMissing: "> 0 1m critical",
      ChatPodMemory: "> 0.85 10m warning",
    });
  });
});
