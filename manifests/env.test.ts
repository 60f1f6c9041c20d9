import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  all,
  cannotRender,
  containerOf,
  find,
  folder,
  type Manifest,
  type Overlay,
  overlays,
  processes,
  projectFile,
  renderOverlay,
  type Spec,
} from "./rendered.ts";

/** Read by Bun and by the OpenTelemetry SDK themselves, not by a config file of ours. */
const readElsewhere =
  /^(BUN_RUNTIME_TRANSPILER_CACHE_PATH|OTEL_(EXPORTER_OTLP_ENDPOINT|TRACES_SAMPLER|TRACES_SAMPLER_ARG))$/;

/** Values a platform's store could hold; everything around them is the template's own. */
const stored: Record<string, string> = {
  database: "postgres://chat_app:secret@db.example.com:5432/chat",
  migrateDatabase: "postgres://chat_migrate:secret@db.example.com:5432/chat",
  jwt: "0123456789abcdef0123456789abcdef",
  image: "0123456789abcdef0123456789abcdef",
};

/** What a key of a Secret holds: the local literal, or the ExternalSecret's template filled in. */
function secretValue(objects: readonly Manifest[], name: string, key: string): string | undefined {
  const literal = all(objects, "Secret").find(({ metadata }) => metadata.name === name);
  if (literal) {
    const value = literal.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, "base64").toString();
  }
  const template: string | undefined = find(objects, "ExternalSecret", name).spec.target.template
    .data[key];
  return template?.replace(/\{\{ \.(\w+)[^}]*\}\}/g, (_, from: string) => stored[from] ?? "secret");
}

/** The environment of a process as Kubernetes would build it. Throws when a required key is nowhere. */
function environmentOf(overlay: Overlay, name: string): Record<string, string> {
  const objects = renderOverlay(overlay);
  const container = containerOf(find(objects, "Deployment", name));
  const environment: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom)
    Object.assign(environment, find(objects, "ConfigMap", configMapRef.name).data);
  for (const { name: variable, value, valueFrom } of container.env as Spec[]) {
    const { fieldRef, secretKeyRef } = valueFrom ?? {};
    const found =
      value ??
      (fieldRef
        ? `${name}-7c9d8-x2x4z`
        : secretValue(objects, secretKeyRef.name, secretKeyRef.key));
    if (found !== undefined) environment[variable] = found;
    else if (!secretKeyRef.optional)
      throw new Error(`${name}: no ${variable} in ${secretKeyRef.name}`);
  }
  return environment;
}

const shown = new Set<string>();
function why(reason: string): true {
  if (!shown.has(reason)) console.warn(`skipped: ${reason}`);
  shown.add(reason);
  return true;
}

describe.each([...processes])("environment of $name", ({ name, app, role }) => {
  const own = projectFile(`${app}/config.ts`);
  const config = own && own + (projectFile(`${app}/images/settings.ts`) ?? "");
  const missing =
    cannotRender !== undefined ||
    (config === undefined && why(`${app}/config.ts does not exist yet`));

  test.skipIf(missing)("holds nothing its process does not read", () => {
    for (const overlay of overlays) {
      const unread = Object.keys(environmentOf(overlay, name)).filter(
        (variable) =>
          !readElsewhere.test(variable) && !new RegExp(`\\b${variable}\\b`).test(config ?? ""),
      );
      expect(unread).toEqual([]);
    }
  });

  const takesSentinel =
    /redis\+sentinel/.test(config ?? "") ||
    /redis\+sentinel/.test(projectFile("shared/env.ts") ?? "");
  const noSentinel =
    !missing && !takesSentinel && why(`${app}/config.ts refuses redis+sentinel:// URLs yet`);

  test.skipIf(missing || noSentinel)(
    "is enough for its process to start, in every overlay",
    async () => {
      const { readConfig } = (await import(join(folder, "..", app, "config.ts"))) as Spec;
      for (const overlay of overlays) {
        const environment = environmentOf(overlay, name);
        const read = async (): Promise<unknown> =>
          app === "router" ? readConfig(role, environment, "own-name") : readConfig(environment);
        expect(await read()).toMatchObject({ adminPort: 9090 });
      }
    },
  );

  test.skipIf(missing)("is enough for its process to start locally", async () => {
    const { readConfig } = (await import(join(folder, "..", app, "config.ts"))) as Spec;
    const environment = environmentOf("local", name);
    const read: unknown = await (app === "router"
      ? readConfig(role, environment, "own-name")
      : readConfig(environment));
    expect(read).toMatchObject({ adminPort: 9090 });
  });
});

test.skipIf(cannotRender !== undefined)("logs and samples as much as each place needs", () => {
  const wanted = { local: ["debug", "1.0"], dev: ["info", "0.1"], prod: ["info", "0.05"] } as const;
  for (const overlay of overlays) {
    const { LOG_LEVEL, OTEL_TRACES_SAMPLER_ARG = "" } = environmentOf(overlay, "worker");
    expect([LOG_LEVEL, OTEL_TRACES_SAMPLER_ARG]).toEqual([...wanted[overlay]]);
  }
});

test.skipIf(cannotRender !== undefined)(
  "lets nobody into a room without a token but locally",
  () => {
    const auth = overlays.map((overlay) => [
      overlay,
      environmentOf(overlay, "gateway-sse")["ROOM_AUTH"],
    ]);
    expect(Object.fromEntries(auth)).toEqual({
      local: "optional",
      dev: "required",
      prod: "required",
    });
  },
);

test.skipIf(cannotRender !== undefined)(
  "talks to Redis through Sentinel, never through one pod",
  () => {
    for (const overlay of ["dev", "prod"] as const)
      for (const { name } of processes) {
        const environment = environmentOf(overlay, name);
        expect(environment["REDIS_STREAMS_URL"]).toBe(
          "redis+sentinel://:secret@rfs-streams.redis.svc:26379/mymaster?db=0",
        );
        expect([
          undefined,
          "redis+sentinel://:secret@rfs-pubsub.redis.svc:26379/mymaster?db=0",
        ]).toContain(environment["REDIS_PUBSUB_URL"]);
      }
  },
);

test.skipIf(cannotRender !== undefined)("a changed value rolls the pods that read it", () => {
  for (const overlay of overlays)
    for (const { name } of processes)
      for (const { configMapRef } of containerOf(find(renderOverlay(overlay), "Deployment", name))
        .envFrom)
        expect(configMapRef.name).toMatch(/-[a-z0-9]{10}$/);
});
