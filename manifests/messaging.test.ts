import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { topology } from "../shared/contract/topology.ts";
import { all, find, folder, type Spec, sourceObjects } from "./rendered.ts";

// The broker's objects are plain files, so none of this needs rendering.
const objects = sourceObjects("components/messaging");
const policy = (name: string) => find(objects, "Policy", name).spec;
const local = JSON.parse(
  readFileSync(join(folder, "overlays/local/rabbitmq-definitions.json"), "utf8"),
) as Spec;

const { saveOwnershipQueue, saveCharacterQueue, grantDefaultQueue } = topology;
const characters = {
  exchanges: [
    topology.rewardExchange,
    topology.characterExchange,
    topology.characterCacheExchange,
  ] as string[],
  queues: [saveOwnershipQueue, saveCharacterQueue, grantDefaultQueue] as string[],
  bindings: [
    [topology.rewardExchange, saveOwnershipQueue],
    [topology.rewardExchange, saveCharacterQueue],
    [topology.characterExchange, grantDefaultQueue],
    [topology.deadLetterExchange, topology.characterDeadLetterQueue],
  ],
};

describe("the broker's topology", () => {
  test("has the exchange, queue and binding the processes check at start", () => {
    expect(all(objects, "Exchange").map(({ spec }) => spec.name)).toEqual([
      topology.exchange,
      topology.deadLetterExchange,
      topology.revocationExchange,
      ...characters.exchanges,
    ]);
    expect(all(objects, "Queue").map(({ spec }) => spec.name)).toEqual([
      topology.queue,
      topology.deadLetterQueue,
      ...characters.queues,
      topology.characterDeadLetterQueue,
    ]);
    const bindings = all(objects, "Binding").map(({ spec }) => [
      spec.source,
      spec.routingKey,
      spec.destination,
    ]);
    expect(bindings).toEqual([
      [topology.exchange, topology.routingKey, topology.queue],
      [topology.deadLetterExchange, topology.deadLetterQueue, topology.deadLetterQueue],
      ...characters.bindings.map(([exchange, queue]) => [exchange, queue, queue]),
    ]);
  });

  test("keeps queues for good, and everything that may change later in policies", () => {
    for (const { spec } of all(objects, "Queue")) {
      expect(spec).toMatchObject({ type: "quorum", durable: true, deletionPolicy: "retain" });
      expect(spec).not.toHaveProperty("arguments");
    }
    expect(policy("chat-process").definition).toEqual({
      "dead-letter-exchange": topology.deadLetterExchange,
      "dead-letter-routing-key": topology.deadLetterQueue,
      "dead-letter-strategy": "at-least-once",
      overflow: "reject-publish",
      "max-length": topology.maxLength,
      "message-ttl": topology.messageTtlMs,
      "delivery-limit": topology.deliveryLimit,
    });
    expect(policy("characters").definition).toEqual({
      ...policy("chat-process").definition,
      "dead-letter-routing-key": topology.characterDeadLetterQueue,
      "message-ttl": topology.grantTtlMs,
    });
    expect(policy("dead-letters").definition).toEqual({
      "message-ttl": topology.deadLetterTtlMs,
      "max-length": topology.maxLength,
    });
  });

  test("each policy matches its own queue and not the other", () => {
    const dead = [topology.deadLetterQueue, topology.characterDeadLetterQueue];
    const queues = [topology.queue, ...characters.queues, ...dead];
    const matched = (name: string) =>
      queues.filter((queue) => new RegExp(policy(name).pattern).test(queue));
    expect(matched("chat-process")).toEqual([topology.queue]);
    expect(matched("characters")).toEqual(characters.queues);
    expect(matched("dead-letters")).toEqual(dead);
  });

  test("binds the dead-letter queue before the policy that sends letters there", () => {
    const waveOf = (kind: string) =>
      all(objects, kind).map(({ metadata }) =>
        Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"]),
      );
    expect(Math.max(...waveOf("Queue"))).toBeLessThan(Math.min(...waveOf("Binding")));
    expect(Math.max(...waveOf("Binding"))).toBeLessThan(Math.min(...waveOf("Policy")));
  });

  test("gives each app no more than its walk needs", () => {
    const rights = all(objects, "Permission").map(({ metadata, spec: { permissions } }) => [
      metadata.name,
      permissions.configure,
      permissions.write,
      permissions.read,
    ]);
    expect(rights).toEqual([
      [
        "gateway",
        "^amq\\.gen-",
        "^(chat_tasks|blacklist\\.events|reward\\.events|character\\.direct|amq\\.gen-.*)$",
        "^(blacklist\\.events|character\\.cache|amq\\.gen-.*)$",
      ],
      [
        "worker",
        "^amq\\.gen-",
        "^(reward\\.events|amq\\.gen-.*)$",
        "^(chat\\.process|character\\.(cache|save_ownership|grant_default)|users\\.save_character|amq\\.gen-.*)$",
      ],
      ["router", "^$", "^(chat_tasks|blacklist\\.events)$", "^dlq\\.chat\\.process$"],
      ["keda", "^$", "^$", "^$"],
    ]);
    expect(find(objects, "User", "keda").spec.tags).toEqual(["monitoring"]);
  });

  test("leaves room for the write-ahead log and shows single queues to Prometheus", () => {
    const config = find(objects, "RabbitmqCluster", "chat-mq").spec.rabbitmq.additionalConfig;
    expect(config.trim().split("\n")).toEqual([
      "vm_memory_high_watermark.relative = 0.6",
      "raft.wal_max_size_bytes = 67108864",
      "prometheus.return_per_object_metrics = true",
    ]);
  });
});

describe("the local broker's definitions", () => {
  test("hold the same exchanges, queues, bindings and policies", () => {
    const names = (list: Spec[]) => list.map(({ name }) => name);
    expect(names(local.exchanges)).toEqual([
      topology.exchange,
      topology.deadLetterExchange,
      topology.revocationExchange,
      ...characters.exchanges,
    ]);
    expect(names(local.queues)).toEqual([
      topology.queue,
      topology.deadLetterQueue,
      ...characters.queues,
      topology.characterDeadLetterQueue,
    ]);
    for (const queue of local.queues) expect(queue.arguments).toEqual({ "x-queue-type": "quorum" });
    expect(
      local.bindings.map((one: Spec) => [one.source, one.routing_key, one.destination]),
    ).toEqual(
      all(objects, "Binding").map(({ spec }) => [spec.source, spec.routingKey, spec.destination]),
    );
    expect(
      local.policies.map((one: Spec) => [one.name, one.pattern, one["apply-to"], one.definition]),
    ).toEqual(
      all(objects, "Policy").map(({ spec }) => [
        spec.name,
        spec.pattern,
        spec.applyTo,
        spec.definition,
      ]),
    );
  });

  test("give the apps the same rights", () => {
    for (const { metadata, spec } of all(objects, "Permission")) {
      if (metadata.name === "keda") continue; // no autoscaler there
      const { configure, write, read } = local.permissions.find(
        ({ user }: Spec) => user === metadata.name,
      );
      expect({ configure, write, read }).toEqual(spec.permissions);
    }
  });
});
