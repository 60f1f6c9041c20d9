import { describe, expect, test } from "bun:test";
import {
  all,
  cannotRender,
  containerOf,
  find,
  type Manifest,
  mebibytes,
  millicores,
  renderOverlay,
} from "./rendered.ts";

const workloads = [
  // name, cpu and memory requested, memory limit, grace seconds, priority, fewest and most pods in prod
  ["gateway-api", "50m", "96Mi", "192Mi", 30, "chat-serving", 2, 4],
  ["gateway-sse", "50m", "96Mi", "256Mi", 60, "chat-serving", 2, 3],
  ["worker", "100m", "160Mi", "384Mi", 150, "chat-batch", 1, 4],
  ["router-relay", "50m", "80Mi", "160Mi", 30, "chat-serving", 2, 2],
  ["router-persistence", "25m", "80Mi", "160Mi", 45, "chat-batch", 1, 1],
] as const;

/** Every pod at its maximum on nodes of 2 vCPU and 2 GB; each node's sums of requests and limits. */
const nodes = {
  "app-1": {
    pods: ["gateway-api", "gateway-api", "gateway-sse", "router-relay", "worker"],
    sums: [300, 528, 1184],
  },
  "app-2": {
    pods: ["gateway-api", "gateway-sse", "router-relay", "router-persistence", "worker"],
    sums: [275, 512, 1152],
  },
  "app-3": { pods: ["gateway-api", "gateway-sse", "worker", "worker"], sums: [300, 512, 1216] },
} as const;
/** MiB a t3.small leaves for pods with the default CNI, less what DaemonSets take; and steady CPU without credits. */
const room = { mebibytes: 1450 - 200, millicores: 400 };

const prod = () => renderOverlay("prod");
const dev = () => renderOverlay("dev");

function bounds(objects: readonly Manifest[], name: string): [number, number] {
  const scaler = all(objects, "ScaledObject", "HorizontalPodAutoscaler").find(
    ({ spec }) => spec.scaleTargetRef.name === name,
  )?.spec;
  const fixed = find(objects, "Deployment", name).spec.replicas;
  if (!scaler) return [fixed, fixed];
  return [
    scaler.minReplicaCount ?? scaler.minReplicas,
    scaler.maxReplicaCount ?? scaler.maxReplicas,
  ];
}

/** Requests of CPU and memory, and the memory limit, added up. */
function sums(resources: readonly Manifest["spec"][]): [number, number, number] {
  const sum = (of: (one: Manifest["spec"]) => number) =>
    resources.reduce((total: number, one) => total + of(one), 0);
  return [
    sum(({ requests }) => millicores(requests.cpu)),
    sum(({ requests }) => mebibytes(requests.memory)),
    sum(({ limits }) => mebibytes(limits.memory)),
  ];
}

describe.skipIf(cannotRender !== undefined)("prod", () => {
  test.each(workloads)(
    "%s asks for what the plan gives it",
    (name, cpu, memory, limit, grace, priority, fewest, most) => {
      const pod = find(prod(), "Deployment", name).spec.template.spec;
      expect(pod.containers[0].resources).toEqual({
        requests: { cpu, memory },
        limits: { memory: limit },
      });
      expect(pod.terminationGracePeriodSeconds).toBe(grace);
      expect(pod.priorityClassName).toBe(priority);
      expect(bounds(prod(), name)).toEqual([fewest, most]);
    },
  );

  test("every pod at its maximum fits three t3.small", () => {
    const placed = Object.values(nodes).flatMap(({ pods }): readonly string[] => pods);
    for (const [name] of workloads)
      expect(placed.filter((pod) => pod === name)).toHaveLength(bounds(prod(), name)[1]);
    for (const { pods, sums: planned } of Object.values(nodes)) {
      const resources = pods.map((name) => containerOf(find(prod(), "Deployment", name)).resources);
      expect(sums(resources)).toEqual([...planned]);
      const [cpu, memory, limit] = sums(resources);
      expect(cpu).toBeLessThanOrEqual(room.millicores);
      expect(memory).toBeLessThanOrEqual(room.mebibytes);
      expect(limit).toBeLessThanOrEqual(room.mebibytes);
    }
  });

  test("a store node carries one pod of each Redis set and its Sentinels, another the broker", () => {
    const resources = all(prod(), "RedisFailover").flatMap(({ spec }) => [
      spec.redis.resources,
      spec.redis.exporter.resources,
      spec.sentinel.resources,
    ]);
    expect(sums(resources)).toEqual([120, 176, 928]);
    const broker = find(prod(), "RabbitmqCluster", "chat-mq").spec;
    expect(sums([broker.resources])).toEqual([100, 512, 1024]);
  });

  test("stores have three members in prod and one in dev", () => {
    for (const [objects, members] of [
      [prod(), 3],
      [dev(), 1],
    ] as const) {
      expect(find(objects, "RabbitmqCluster", "chat-mq").spec.replicas).toBe(members);
      for (const { spec } of all(objects, "RedisFailover"))
        expect([spec.redis.replicas, spec.sentinel.replicas]).toEqual([members, members]);
    }
  });

  test("Redis streams keeps its log and never evicts, Redis pub/sub keeps nothing", () => {
    const { redis: streams } = find(prod(), "RedisFailover", "streams").spec;
    expect(streams.customConfig).toEqual([
      "appendonly yes",
      "appendfsync everysec",
      "maxmemory 256mb",
      "maxmemory-policy noeviction",
    ]);
    expect(streams.storage.keepAfterDeletion).toBe(true);
    expect(streams.storage.persistentVolumeClaim.spec.resources.requests.storage).toBe("2Gi");
    const { redis: pubsub } = find(prod(), "RedisFailover", "pubsub").spec;
    expect(pubsub.customConfig).toEqual([
      "appendonly no",
      'save ""',
      "maxmemory 128mb",
      "client-output-buffer-limit pubsub 32mb 8mb 60",
    ]);
    expect(pubsub.storage).toEqual({ emptyDir: {} });
  });

  test("spreads each role over nodes and zones", () => {
    for (const [name] of workloads) {
      const spread = find(prod(), "Deployment", name).spec.template.spec.topologySpreadConstraints;
      expect(spread.map(({ topologyKey }: { topologyKey: string }) => topologyKey)).toEqual([
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
      ]);
      for (const { maxSkew, whenUnsatisfiable } of spread)
        expect([maxSkew, whenUnsatisfiable]).toEqual([1, "ScheduleAnyway"]);
    }
  });

  test("reads its secrets under its own name, and dev under dev's", () => {
    for (const overlay of ["dev", "prod"] as const)
      for (const { spec } of all(renderOverlay(overlay), "ExternalSecret")) {
        expect(spec.refreshInterval).toBe("1h");
        const keys = [
          ...spec.data.map((one: Manifest["spec"]) => one.remoteRef.key),
          ...(spec.dataFrom ?? []).map((one: Manifest["spec"]) => one.extract.key),
        ];
        for (const key of keys) expect(key).toStartWith(`/${overlay}/chat/`);
      }
  });

  test("the canary differs from the stable API in image, track and number only", () => {
    const comparable = (name: string) => {
      const { spec } = find(prod(), "Deployment", name);
      const text = JSON.stringify({ ...spec, replicas: undefined });
      return text.replaceAll('"canary"', '"stable"');
    };
    expect(comparable("gateway-api-canary")).toBe(comparable("gateway-api"));
    expect(find(prod(), "Deployment", "gateway-api-canary").spec.replicas).toBe(0);
  });

  test("dev has no CPU autoscaler and starts from one pod of each", () => {
    expect(all(dev(), "HorizontalPodAutoscaler")).toEqual([]);
    for (const [name] of workloads) expect(bounds(dev(), name)[0]).toBe(1);
    expect(bounds(dev(), "gateway-api")).toEqual([1, 1]);
    expect(all(dev(), "Deployment").map(({ metadata }) => metadata.name)).not.toContain(
      "gateway-api-canary",
    );
  });

  test("workers follow the queue and SSE gateways their readers", () => {
    for (const objects of [dev(), prod()]) {
      const worker = find(objects, "ScaledObject", "worker").spec;
      expect(worker.triggers).toEqual([
        {
          type: "rabbitmq",
          metadata: {
            protocol: "http",
            mode: "QueueLength",
            value: "5",
            queueName: "chat.process",
            vhostName: "chat",
          },
          authenticationRef: { name: "rabbitmq" },
        },
      ]);
      const behaviour = worker.advanced.horizontalPodAutoscalerConfig.behavior;
      expect(behaviour.scaleUp.policies).toEqual([{ type: "Pods", value: 2, periodSeconds: 30 }]);
      expect(behaviour.scaleDown).toEqual({
        stabilizationWindowSeconds: 300,
        policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
      });
      const sse = find(objects, "ScaledObject", "gateway-sse").spec;
      expect(sse.triggers[0].metadata).toMatchObject({
        query: 'sum(sse_active_connections{namespace="chat"})',
        threshold: "100",
        ignoreNullValues: "false",
      });
      expect(sse.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown).toEqual({
        stabilizationWindowSeconds: 300,
        policies: [{ type: "Pods", value: 1, periodSeconds: 120 }],
      });
      for (const spec of [worker, sse]) {
        expect(spec.pollingInterval).toBe(15);
        expect(spec.fallback).toEqual({
          failureThreshold: 3,
          replicas: 2,
          behavior: "currentReplicasIfHigher",
        });
      }
    }
    const api = find(prod(), "HorizontalPodAutoscaler", "gateway-api").spec;
    expect(api.metrics[0].resource.target.averageUtilization).toBe(70);
    expect(api.behavior.scaleDown.stabilizationWindowSeconds).toBe(300);
  });
});
