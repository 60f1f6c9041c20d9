import { Glob } from "bun";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the tests look at; everything else of an object is passed over. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Spec;
  readonly data?: Readonly<Record<string, string>>;
}
// The shape differs per kind, and a wrong path in a test reads as undefined and fails it.
// oxlint-disable-next-line typescript/no-explicit-any
export type Spec = any;

export const folder = import.meta.dir;
export const overlays = ["local", "dev", "prod"] as const;
export type Overlay = (typeof overlays)[number];

const kubectl = Bun.which("kubectl");
/** Why rendering tests are skipped, or undefined when they run. */
export const cannotRender = kubectl ? undefined : "kubectl is not on PATH, nothing can be rendered";
if (cannotRender) process.stderr.write(`skipped: ${cannotRender}\n`);

const cache = new Map<string, readonly Manifest[]>();

/** Renders a folder under manifests/ once. Throws what kubectl says. */
export function render(path: string): readonly Manifest[] {
  const known = cache.get(path);
  if (known) return known;
  const run = Bun.spawnSync([kubectl ?? "kubectl", "kustomize", join(folder, path)]);
  if (!run.success) throw new Error(run.stderr.toString());
  const objects = documentsOf(run.stdout.toString());
  cache.set(path, objects);
  return objects;
}

export function renderOverlay(overlay: Overlay): readonly Manifest[] {
  return render(`overlays/${overlay}`);
}

/** The documents of a YAML stream, without empty ones. */
export function documentsOf(text: string): readonly Manifest[] {
  const parsed = Bun.YAML.parse(text);
  const documents = (Array.isArray(parsed) ? parsed : [parsed]) as (Manifest | null)[];
  return documents.filter((document) => document !== null);
}

/** Every manifest file as written, by its path under manifests/. */
export function sourceFiles(pattern = "**/*.{yaml,json}"): ReadonlyMap<string, string> {
  const paths = [...new Glob(pattern).scanSync(folder)].sort();
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

/** Every object as written, before any overlay. */
export function sourceObjects(under: string): readonly Manifest[] {
  return [...sourceFiles(`${under}/**/*.yaml`).values()]
    .flatMap(documentsOf)
    .filter(({ kind, metadata }) => kind !== "Kustomization" && kind !== "Component" && metadata);
}

export function all(objects: readonly Manifest[], ...kinds: string[]): readonly Manifest[] {
  return objects.filter(({ kind }) => kinds.includes(kind));
}

/** The one object of a kind and name. Throws when there is none. */
export function find(objects: readonly Manifest[], kind: string, name: string): Manifest {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
}

/** The container of a Deployment or Job; ours have one each. */
export function containerOf(workload: Manifest): Spec {
  return workload.spec.template.spec.containers[0];
}

/** The processes, how each is started, and which drain time of shared/limits.ts is its own. */
export const processes = [
  { name: "gateway-api", app: "gateway", role: "api", drain: "gatewayMs" },
  { name: "gateway-sse", app: "gateway", role: "sse", drain: "gatewayMs" },
  { name: "worker", app: "worker", role: undefined, drain: "workerMs" },
  { name: "router-relay", app: "router", role: "relay", drain: "routerMs" },
  { name: "router-persistence", app: "router", role: "persistence", drain: "routerMs" },
] as const;

/** The text of a file of the project, or undefined while there is none. */
export function projectFile(path: string): string | undefined {
  const full = join(folder, "..", path);
  return existsSync(full) ? readFileSync(full, "utf8") : undefined;
}

const units: Record<string, number> = { Mi: 1, Gi: 1024 };
/** `256Mi`, `1Gi` in MiB. */
export function mebibytes(quantity: string): number {
  const [, number, unit = ""] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  return Number(number) * (units[unit] ?? NaN);
}

/** `50m`, `2` in thousandths of a core. */
export function millicores(quantity: string): number {
  return quantity.endsWith("m") ? Number(quantity.slice(0, -1)) : Number(quantity) * 1000;
}
