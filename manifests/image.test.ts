import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builds } from "./builds.ts";
import { folder, processes, projectFile, sourceObjects } from "./rendered.ts";

const root = join(folder, "..");
const dockerfile = projectFile("Dockerfile") ?? "";

/** Bytes of our own layer in each image. */
const ownLayerBytes = 8 * 1024 * 1024;

describe("the images", () => {
  test("use the Bun the project is pinned to", () => {
    const { packageManager } = JSON.parse(projectFile("package.json") ?? "{}") as {
      packageManager: string;
    };
    expect(packageManager).toBe(`bun@${/^ARG BUN_VERSION=(\S+)$/m.exec(dockerfile)?.[1]}`);
  });

  test("hold a bundle for every command a manifest starts", () => {
    const commands = sourceObjects("base/app")
      .flatMap(({ spec }) => spec?.template?.spec?.containers ?? [])
      .map(({ command }): string => command[1]);
    expect(commands.length).toBe(processes.length + 1);
    const bundles = builds.map(({ entry, out }) => `${out}/${entry.split("/").at(-1)}.js`);
    for (const command of commands) expect(bundles).toContain(command);
  });

  test("run as nobody, with no shell in the way of signals", () => {
    expect(dockerfile).toMatch(/^USER 65532/m);
    for (const [line] of dockerfile.matchAll(/^(ENTRYPOINT|CMD) .*$/gm))
      expect(line).toMatch(/ \[".*"\]$/);
    expect(dockerfile).toMatch(/-distroless AS runtime$/m);
  });
});

describe("bundles", () => {
  for (const { entry, flags, out } of builds) {
    const missing = projectFile(`${entry}.ts`) === undefined;
    if (missing) console.warn(`skipped: ${entry}.ts does not exist yet`);
    test.skipIf(missing)(
      `${entry} builds as the Dockerfile does, below 8 MB, and needs nothing else`,
      () => {
        const dir = mkdtempSync(join(tmpdir(), "eco2-bundle-"));
        try {
          const command = ["build", `${entry}.ts`, ...flags, `--outdir=${join(dir, out)}`];
          const run = Bun.spawnSync([process.execPath, ...command], { cwd: root });
          expect(run.success ? "built" : run.stderr.toString()).toBe("built");
          const { size } = statSync(join(dir, out, `${entry.split("/").at(-1)}.js`));
          expect(size).toBeGreaterThan(10_000);
          expect(size).toBeLessThan(ownLayerBytes);
          // Alone in a folder without node_modules and sources, as in the image.
          const start = [process.execPath, `${out}/${entry.split("/").at(-1)}.js`, "--help"];
          const help = Bun.spawnSync(start, { cwd: dir, env: {} });
          expect(help.exitCode).toBe(0);
          expect(help.stdout.toString().toLowerCase()).toContain("usage");
        } finally {
          rmSync(dir, { recursive: true });
        }
      },
    );
  }
});
