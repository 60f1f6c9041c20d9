import { describe, expect, test } from "bun:test";
import { drain } from "../shared/limits.ts";
import {
  all,
  cannotRender,
  containerOf,
  documentsOf,
  find,
  type Overlay,
  overlays,
  processes,
  renderOverlay,
  sourceFiles,
} from "./rendered.ts";

const workloads = (overlay: Overlay) => all(renderOverlay(overlay), "Deployment", "Job");
const ours = (overlay: Overlay) =>
  workloads(overlay).filter(({ metadata }) => metadata.namespace === "chat");

describe.skipIf(cannotRender !== undefined).each([...overlays])("overlay %s", (overlay) => {
  test("renders more than the processes and no object twice", () => {
    const ids = renderOverlay(overlay).map(
      // without the version: two versions of one object would overwrite each other
      ({ apiVersion, kind, metadata: { name, namespace = "" } }) =>
        `${apiVersion.split("/").at(-2) ?? ""} ${kind} ${namespace}/${name}`,
    );
    expect(ids.length).toBeGreaterThan(30);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  test("has a Deployment for every process, started by its own bundle and role", () => {
    for (const { name, app, role } of processes) {
      const container = containerOf(find(renderOverlay(overlay), "Deployment", name));
      expect(container.command).toEqual(["/usr/local/bin/bun", `${app}/main.js`]);
      expect(container.args ?? []).toEqual(role ? [role] : []);
      expect(container.image).toMatch(new RegExp(`(^|/)chat-${app}[:@]`));
    }
  });

  test("migrates from the router's image with the schema owner's own URL", () => {
    const container = containerOf(find(renderOverlay(overlay), "Job", "migrate"));
    const router = containerOf(find(renderOverlay(overlay), "Deployment", "router-relay"));
    expect(container.image).toBe(router.image);
    expect(container.command).toEqual(["/usr/local/bin/bun", "stack/migrate.js"]);
    expect(container.env[0].valueFrom.secretKeyRef.key).toBe("MIGRATE_DATABASE_URL");
  });

  test("pins every image by a version or a digest", () => {
    for (const workload of workloads(overlay)) {
      const { image } = containerOf(workload);
      expect(image).toMatch(/(@sha256:[0-9a-f]{64}|:\d+\.\d+[\w.-]*)$/);
      expect(image).not.toMatch(/latest|@sha256:(.)\1{63}/);
    }
  });

  test("runs every pod without rights it does not need", () => {
    for (const workload of workloads(overlay)) {
      const pod = workload.spec.template.spec;
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(containerOf(workload).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
    for (const workload of ours(overlay)) {
      const pod = workload.spec.template.spec;
      expect(pod.securityContext.runAsUser).toBe(65532);
      // on one machine the gateway keeps pictures itself
      const keeps = overlay === "local" && workload.metadata.name === "gateway-api";
      expect(pod.volumes).toEqual([
        { name: "tmp", emptyDir: { sizeLimit: "32Mi" } },
        ...(keeps ? [{ name: "images", emptyDir: { sizeLimit: "1Gi" } }] : []),
      ]);
      expect(pod.nodeSelector).toBeUndefined();
    }
  });

  test("asks each process about itself on the admin port, never by a command", () => {
    for (const { name } of processes) {
      const container = containerOf(find(renderOverlay(overlay), "Deployment", name));
      const probe = (path: string) => ({ httpGet: { path, port: "admin" } });
      expect(container.startupProbe).toEqual({
        ...probe("/live"),
        periodSeconds: 2,
        failureThreshold: 30,
      });
      expect(container.livenessProbe).toEqual({
        ...probe("/live"),
        periodSeconds: 10,
        timeoutSeconds: 2,
        failureThreshold: 3,
      });
      expect(container.readinessProbe).toEqual({
        ...probe("/ready"),
        periodSeconds: 3,
        timeoutSeconds: 2,
        failureThreshold: 2,
      });
      expect(container.ports).toContainEqual({ name: "admin", containerPort: 9090 });
    }
  });

  test("gives every process its drain time and 15 s more before it is killed", () => {
    for (const { name, drain: own } of processes) {
      const pod = find(renderOverlay(overlay), "Deployment", name).spec.template.spec;
      const preStop = pod.containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
      expect(preStop).toBe(name.startsWith("gateway") ? 5 : 0);
      const needed = preStop + drain[own] / 1000 + 15;
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(needed);
    }
  });

  test("never lets a process go below its pods, and never blocks a node drain", () => {
    for (const { name } of processes) {
      const budget = find(renderOverlay(overlay), "PodDisruptionBudget", name).spec;
      expect(budget).toMatchObject({
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      });
      const deployment = find(renderOverlay(overlay), "Deployment", name).spec;
      expect(deployment).toMatchObject({ minReadySeconds: 5, progressDeadlineSeconds: 300 });
      expect(deployment.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    }
  });

  test("has one owner of each replica count: the file or one autoscaler", () => {
    const scaled = all(renderOverlay(overlay), "ScaledObject", "HorizontalPodAutoscaler").map(
      ({ spec }): string => spec.scaleTargetRef.name,
    );
    expect(new Set(scaled).size).toBe(scaled.length);
    for (const { name } of processes) {
      const { replicas } = find(renderOverlay(overlay), "Deployment", name).spec;
      expect(replicas === undefined).toBe(scaled.includes(name));
    }
  });

  test("opens to the edge only the two gateways, and to nobody the admin port", () => {
    const services = all(renderOverlay(overlay), "Service").filter(
      ({ metadata }) => metadata.namespace === "chat",
    );
    expect(services.map(({ metadata }) => metadata.name).sort()).toEqual([
      "gateway-api",
      "gateway-sse",
    ]);
    for (const { spec } of services)
      expect(spec.ports).toEqual([{ name: "http", port: 8000, targetPort: "http" }]);
  });
});

test.skipIf(cannotRender !== undefined)(
  "the sidecar stays out of every pod behind the mesh",
  () => {
    for (const overlay of ["dev", "prod"] as const)
      for (const workload of ours(overlay))
        expect(workload.spec.template.metadata.labels["sidecar.istio.io/inject"]).toBe("false");
  },
);

test("no credential is written down outside overlays/local", () => {
  const credential = /[a-z][a-z0-9+]*:\/\/[^\s:/@{]*:(?!\{\{)[^\s@/]+@/i;
  for (const [path, text] of sourceFiles()) {
    if (path.startsWith("overlays/local/")) continue;
    expect(`${path}: ${credential.exec(text)?.[0] ?? "none"}`).toBe(`${path}: none`);
    if (path.endsWith(".yaml"))
      for (const one of documentsOf(text)) {
        expect(one.kind).not.toBe("Secret");
        expect(one).not.toHaveProperty("secretGenerator");
      }
  }
});
