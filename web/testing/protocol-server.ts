import { JobLog, type LoggedEvent } from "./job-log.ts";
import { pageFile } from "./page-file.ts";
import { answerRest, type Rest, restState } from "./rest-routes.ts";

/** What a test may bend about the event stream. */
interface Bend {
  /** Frames of one connection, before they are sent: drop, repeat, break. `cut` closes the line. */
  frame?: (event: LoggedEvent, connection: number) => LoggedEvent[] | "cut";
  /** Answers the request for events itself. */
  answer?: (connection: number, lastId: string | undefined) => Response | undefined;
}

export interface ProtocolServer extends Rest {
  readonly url: string;
  bend: Bend;
  /** Answers what is not the chat's: photos, scans, characters. */
  other?: (request: Request) => Response | undefined | Promise<Response | undefined>;
  /** Last-Event-ID of every connection so far, per job. */
  readonly connections: Map<string, (string | undefined)[]>;
  cutAll(): void;
  stop(): Promise<void>;
}

const frameOf = ({ id, event, data }: LoggedEvent) =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Speaks PROTOCOL.md from memory, for tests of clients; `pageDir` is served at `/`. */
export function startProtocolServer(pageDir?: string): ProtocolServer {
  const cuts = new Set<() => void>();
  const rest = restState();

  function events(request: Request, log: JobLog): Response {
    const lastId = request.headers.get("last-event-id") ?? undefined;
    const seen = server.connections.get(log.jobId) ?? [];
    server.connections.set(log.jobId, [...seen, lastId]);
    const connection = seen.length + 1;
    const bent = server.bend.answer?.(connection, lastId);
    if (bent) return bent;
    const start = log.startFor(lastId);
    if (start === "nothing") return new Response(null, { status: 204 });
    return new Response(streamOf(log, start, connection), {
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
    });
  }

  function streamOf(
    log: JobLog,
    { first, next }: { first: LoggedEvent[]; next: number },
    connection: number,
  ): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let isOpen = true;
    const cut = () => (isOpen = false);
    return new ReadableStream({
      async start(controller) {
        cuts.add(cut);
        let waiting = first;
        let at = next;
        while (isOpen) {
          for (const event of waiting) {
            const sent = server.bend.frame?.(event, connection) ?? [event];
            if (sent === "cut") isOpen = false;
            if (!isOpen || sent === "cut") break;
            for (const one of sent) controller.enqueue(encoder.encode(frameOf(one)));
            if (event.event === "done") isOpen = false;
          }
          if (!isOpen) break;
          if (log.events.length === at) await log.changed(50);
          waiting = log.events.slice(at);
          at = log.events.length;
        }
        cuts.delete(cut);
        controller.close();
      },
      cancel: () => void cut(),
    });
  }

  const web = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/api/")) {
        return pageDir ? pageFile(pageDir, pathname) : new Response("no page", { status: 404 });
      }
      if (rest.isUnauthorized) return rest.refuse(401, "UNAUTHORIZED");
      const other = await server.other?.(request);
      if (other) return other;
      const job = /^\/api\/v1\/chat\/([^/]+)\/events$/.exec(pathname)?.[1];
      if (job === undefined) return answerRest(rest, request);
      const log = rest.logs.get(job);
      return log ? events(request, log) : rest.refuse(404, "JOB_NOT_FOUND");
    },
  });
  const server: ProtocolServer = Object.assign(rest, {
    url: `http://127.0.0.1:${web.port}`,
    bend: {},
    connections: new Map<string, (string | undefined)[]>(),
    cutAll: () => {
      for (const cut of cuts) cut();
    },
    stop: () => web.stop(true),
  });
  return server;
}
