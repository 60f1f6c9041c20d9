import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage } from "../../web/build.ts";
import { topologyFixture } from "../../web/testing/topology-fixture.ts";
import { pageFile } from "../../web/testing/page-file.ts";

let built: Promise<string> | undefined;

/** The page, built once for all tests of this process. */
export function pageDir(): Promise<string> {
  built ??= (async () => {
    const directory = mkdtempSync(join(tmpdir(), "eco2-page-"));
    await buildPage(directory);
    return directory;
  })();
  return built;
}

export interface PageServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Where a browser finds the page of a running fleet: its gateway, or, before a gateway that serves no page, a
 * server that does and hands everything else on.
 */
export async function servePage(gatewayUrl: string): Promise<PageServer> {
  const answer = await fetch(gatewayUrl).catch(() => undefined);
  if (answer?.headers.get("content-type")?.startsWith("text/html")) {
    return { url: gatewayUrl, stop: async () => {} };
  }
  const directory = await pageDir();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (!pathname.startsWith("/api/")) return pageFile(directory, pathname);
      const headers = new Headers(request.headers);
      for (const name of ["host", "origin", "connection"]) headers.delete(name);
      const response = await fetch(`${gatewayUrl}${pathname}${search}`, {
        method: request.method,
        headers,
        body: request.body,
        signal: request.signal,
      });
      if (pathname === "/api/v1/chat/topology" && !response.ok)
        return Response.json(topologyFixture);
      return new Response(response.body, response);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}
