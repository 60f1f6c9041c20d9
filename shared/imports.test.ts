import { expect, test } from "bun:test";
import { Glob, Transpiler } from "bun";
import { dirname, join, normalize } from "node:path";

/** Who may import whom, by folder; the longest matching folder decides. */
const mayImport: Record<string, readonly string[]> = {
  gateway: ["gateway", "shared"],
  worker: ["worker", "shared"],
  router: ["router", "shared"],
  shared: ["shared"],
  "worker/graph": [
    "worker/graph",
    "worker/llm",
    "worker/apis",
    "worker/prompts",
    "worker/knowledge",
    "worker/memory",
    "worker/checkpoints",
    "shared",
  ],
  "worker/memory": ["worker/memory", "worker/checkpoints", "worker/llm", "shared"],
  "worker/checkpoints": ["worker/checkpoints", "shared"],
  "worker/llm": ["worker/llm", "shared"],
  "worker/apis": ["worker/apis", "shared"],
  "worker/knowledge": ["worker/knowledge", "shared"],
};
/** Tests may also use the local stack's services and the fakes that stand for the outside world. */
const testsMayAlso = ["shared/testing", "worker/testing", "tests/fakes", "stack"];

const root = join(import.meta.dir, "..");
const folders = Object.keys(mayImport).sort((a, b) => b.length - a.length);
const within = (path: string, folder: string) => path.startsWith(`${folder}/`);

interface Import {
  readonly from: string;
  readonly to: string;
}

async function importsOf(folder: string): Promise<Import[]> {
  const found: Import[] = [];
  const transpiler = new Transpiler({ loader: "ts" });
  for await (const path of new Glob(`${folder}/**/*.ts`).scan(root)) {
    const text = await Bun.file(join(root, path)).text();
    // types vanish when transpiled, and count: `import type` crosses the same border
    const values = transpiler.scanImports(text).map((one) => one.path);
    const types = [...text.matchAll(/(?:import|export) type [^;]*? from "([^"]+)"/g)].map(
      (m) => m[1] ?? "",
    );
    for (const target of new Set([...values, ...types])) {
      if (target.startsWith("."))
        found.push({ from: path, to: normalize(join(dirname(path), target)) });
    }
  }
  return found;
}

const all = (await Promise.all(["gateway", "worker", "router", "shared"].map(importsOf))).flat();

test("every import stays within its border", () => {
  const crossings = all.filter(({ from, to }) => {
    const folder = folders.find((name) => within(from, name));
    const isTest = from.endsWith(".test.ts") || within(from, "shared/testing");
    const allowed = [...(mayImport[folder ?? ""] ?? []), ...(isTest ? testsMayAlso : [])];
    return !allowed.some((name) => within(to, name));
  });
  expect(crossings).toEqual([]);
});

test("the check saw imports in every process", () => {
  for (const folder of ["gateway", "worker", "router", "shared"]) {
    expect(all.filter(({ from }) => within(from, folder)).length).toBeGreaterThan(10);
  }
});

test("nothing outside main.ts, tests and their helpers reads process.env", async () => {
  const readers: string[] = [];
  for await (const path of new Glob("{gateway,worker,router,shared}/**/*.ts").scan(root)) {
    if (/(main|\.test)\.ts$/.test(path) || within(path, "shared/testing")) continue;
    if (/process\.env|Bun\.env/.test(await Bun.file(join(root, path)).text())) readers.push(path);
  }
  expect(readers).toEqual([]);
});
