import { mkdir, rm } from "node:fs/promises";
import { basename, join, relative } from "node:path";

const webDir = import.meta.dir;

/** One file of the page, for whoever serves it. `gzip`: the same, compressed, beside it. */
export interface PageFile {
  readonly path: string;
  readonly type: string;
  /** The name carries a hash of the content: it may be kept for ever. */
  readonly immutable: boolean;
  readonly bytes: number;
  readonly gzip: string;
  readonly gzipBytes: number;
  /** Loaded before anything is seen. */
  readonly initial: boolean;
}

export interface Page {
  readonly files: readonly PageFile[];
}

/** What a phone may have to load before the page lives: gzip bytes of all JavaScript in `index.html`. */
export const initialScriptBytes = 60 * 1024;

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Builds the page into a folder of static files and a `manifest.json` that lists them. */
export async function buildPage(outDir: string): Promise<Page> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const built = await Bun.build({
    entrypoints: [join(webDir, "index.html"), join(webDir, "offline.ts")],
    outdir: outDir,
    target: "browser",
    tsconfig: join(webDir, "tsconfig.json"),
    minify: true,
    splitting: true,
    publicPath: "/",
    define: { "process.env.NODE_ENV": '"production"' },
    naming: {
      entry: "[name].[ext]",
      chunk: "assets/[name]-[hash].[ext]",
      asset: "assets/[name]-[hash].[ext]",
    },
  });
  if (!built.success) throw new AggregateError(built.logs, "the page does not build");
  const html = await Bun.file(join(outDir, "index.html")).text();
  const files = await Promise.all(
    built.outputs.map(async (output): Promise<PageFile> => {
      const path = `/${relative(outDir, output.path)}`;
      const content = new Uint8Array(await output.arrayBuffer());
      const compressed = Bun.gzipSync(content, { level: 9 });
      await Bun.write(`${output.path}.gz`, compressed);
      return {
        path,
        type: types[path.split(".").at(-1) ?? ""] ?? "application/octet-stream",
        immutable: path.startsWith("/assets/"),
        bytes: content.length,
        gzip: `${path}.gz`,
        gzipBytes: compressed.length,
        initial: path === "/index.html" || html.includes(basename(path)),
      };
    }),
  );
  const page = { files: files.sort((a, b) => a.path.localeCompare(b.path)) };
  await Bun.write(join(outDir, "manifest.json"), JSON.stringify(page, null, 2));
  return page;
}

/** Gzip bytes of the JavaScript that stands in `index.html`. */
export function initialScripts(page: Page): number {
  const scripts = page.files.filter((file) => file.initial && file.path.endsWith(".js"));
  return scripts.reduce((sum, file) => sum + file.gzipBytes, 0);
}

if (import.meta.main) {
  const outDir = Bun.argv[2] ?? join(webDir, "dist");
  const page = await buildPage(outDir);
  const lines = page.files.map(
    ({ path, bytes, gzipBytes, initial }) =>
      `${path.padEnd(40)} ${String(bytes).padStart(8)} ${String(gzipBytes).padStart(8)} gzip${initial ? "" : "  later"}`,
  );
  const kilobytes = (initialScripts(page) / 1024).toFixed(1);
  await Bun.write(
    Bun.stdout,
    `${lines.join("\n")}\ninitial JavaScript ${kilobytes} KB gzip of ${initialScriptBytes / 1024}\n`,
  );
}
