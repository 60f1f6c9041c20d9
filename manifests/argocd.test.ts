import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { all, find, folder, type Manifest, sourceObjects } from "./rendered.ts";

const objects = sourceObjects("argocd");
const applications = all(objects, "Application");
const waveOf = ({ metadata }: Manifest) =>
  Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"]);

test.each(["dev", "prod"] as const)("Argo CD brings up the layers of %s in order", (overlay) => {
  const layers = applications.filter(({ metadata }) =>
    metadata.name.startsWith(`eco2-${overlay}-`),
  );
  expect(layers.map(({ spec }) => spec.source.path)).toEqual(
    ["foundation", "data", "app", "observe"].map(
      (layer) => `manifests/overlays/${overlay}/${layer}`,
    ),
  );
  expect(layers.map(waveOf)).toEqual([10, 27, 40, 60]);
});

test("every Application reads a folder that is there, from the repository the project allows", () => {
  expect(applications.length).toBeGreaterThan(8);
  const project = find(objects, "AppProject", "eco2").spec;
  for (const { spec } of applications) {
    expect(existsSync(join(folder, "..", spec.source.path))).toBe(true);
    expect(project.sourceRepos).toContain(spec.source.repoURL);
    expect(project.destinations).toContainEqual(spec.destination);
    expect(spec.syncPolicy.automated).toEqual({ prune: true, selfHeal: true });
    expect(spec.syncPolicy.syncOptions).toContain("ServerSideApply=true");
  }
});

test("deleting an Application deletes no data", () => {
  for (const { metadata } of applications) expect(metadata).not.toHaveProperty("finalizers");
});
