import { describe, expect, test } from "bun:test";
import { all, cannotRender, type Overlay, overlays, renderOverlay, type Spec } from "./rendered.ts";

const monitoring = "monitoring:9090";
const ingress = "istio-system/ingressgateway:8000";
const redis = ["redis:6379", "redis:26379"];
const collector = "monitoring:4318";

/** Who may talk to whom: namespace, and label where it matters, and port. DNS goes without saying. */
const table: Record<
  string,
  { in: readonly string[]; out: (postgres: string) => readonly string[] }
> = {
  "gateway-api": {
    in: [ingress, "chat/worker:8000", monitoring],
    out: (postgres) => [...redis, "rabbitmq:5672", postgres, "0.0.0.0/0:443", collector],
  },
  "gateway-sse": {
    in: [ingress, monitoring],
    out: (postgres) => [...redis, "rabbitmq:5672", postgres, collector],
  },
  worker: {
    in: [monitoring],
    out: (postgres) => [
      ...redis,
      "rabbitmq:5672",
      postgres,
      "0.0.0.0/0:443",
      collector,
      "chat/gateway-api:8000",
    ],
  },
  "router-relay": { in: [monitoring], out: () => [...redis, "rabbitmq:5672", collector] },
  "router-persistence": { in: [monitoring], out: (postgres) => [...redis, postgres, collector] },
  migrate: { in: [], out: (postgres) => [postgres] },
};

const policies = (overlay: Overlay) =>
  all(renderOverlay(overlay), "NetworkPolicy").filter(
    ({ metadata }) => metadata.namespace === "chat",
  );

/** Every peer and port that some policy allows a role, in one direction. */
function allowed(overlay: Overlay, role: string, direction: "ingress" | "egress"): string[] {
  const rules = policies(overlay)
    .filter(({ spec }) =>
      spec.podSelector.matchExpressions?.some(({ values }: Spec) => values.includes(role)),
    )
    .flatMap(({ spec }) => spec[direction] ?? []);
  return rules.flatMap(({ from, to, ports }: Spec) =>
    (from ?? to).flatMap(({ namespaceSelector, podSelector, ipBlock }: Spec) => {
      const namespace = namespaceSelector?.matchLabels["kubernetes.io/metadata.name"];
      const label = podSelector ? `/${String(Object.values(podSelector.matchLabels)[0])}` : "";
      const peer = ipBlock?.cidr ?? `${namespace}${label}`;
      return ports.map(({ port }: Spec) => `${peer}:${port}`);
    }),
  );
}

describe.skipIf(cannotRender !== undefined).each([...overlays])("network of %s", (overlay) => {
  test("is closed both ways unless a policy opens it", () => {
    const deny = policies(overlay).find(({ metadata }) => metadata.name === "default-deny");
    expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  test.each(Object.keys(table))("lets %s talk to its neighbours and nobody else", (role) => {
    const postgres = overlay === "prod" ? "10.0.0.0/16:5432" : "postgres:5432";
    expect(allowed(overlay, role, "ingress").sort()).toEqual([...(table[role]?.in ?? [])].sort());
    expect(allowed(overlay, role, "egress").sort()).toEqual(
      [...(table[role]?.out(postgres) ?? [])].sort(),
    );
  });

  test("keeps workers away from private addresses and the cloud's metadata", () => {
    const internet = policies(overlay).find(({ metadata }) => metadata.name === "to-internet");
    const { except } = internet?.spec.egress[0].to[0].ipBlock ?? {};
    for (const range of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"])
      expect(except).toContain(range);
  });
});
