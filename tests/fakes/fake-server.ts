import { pauseUntil } from "./pause-until.ts";

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly text: string;
  /** The body, when it is JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** What goes wrong instead of an answer. */
export type Trouble =
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  /** Never answers. */
  | "hang"
  /** Promises a body, sends some of it, and the socket dies. */
  | "cut"
  /** What a proxy in the way says. */
  | "html";

export interface FakeServer {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly seen: readonly SeenRequest[];
  /** The next `times` requests meet this, by default all of them until told otherwise. */
  trouble(trouble: Trouble | undefined, times?: number): void;
  /** Requests the client gave up while they were open. */
  abandoned(): number;
  /** Resolves with the milliseconds it took until `abandoned()` reached `count`. */
  untilAbandoned(count: number): Promise<number>;
  /** Ports the requests came from: one for each connection. */
  readonly ports: ReadonlySet<number>;
  stop(): Promise<void>;
}

export type Answer = (request: SeenRequest, signal: AbortSignal) => Response | Promise<Response>;

const page = "<!DOCTYPE html><html><head><title>502</title></head><body>Bad Gateway</body></html>";

/** A local HTTP server on a free port that records what it is asked. */
export function startFake(answer: Answer): FakeServer {
  const seen: SeenRequest[] = [];
  let current: Trouble | undefined;
  let timesLeft = 0;
  let abandoned = 0;
  const ports = new Set<number>();

  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request, self) {
      ports.add(self.requestIP(request)?.port ?? 0);
      const url = new URL(request.url);
      const text = await request.text();
      const seenRequest = {
        method: request.method,
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        text,
        json: parseObject(text),
      };
      seen.push(seenRequest);
      request.signal.addEventListener("abort", () => abandoned++, { once: true });
      if (current === undefined || timesLeft <= 0) return answer(seenRequest, request.signal);
      timesLeft -= 1;
      return fail(current);
    },
    error: () => new Response(null, { status: 500 }),
  });

  return {
    baseUrl: `http://127.0.0.1:${server.port}`,
    seen,
    trouble(trouble, times = Number.POSITIVE_INFINITY) {
      current = trouble;
      timesLeft = times;
    },
    abandoned: () => abandoned,
    async untilAbandoned(count) {
      const since = performance.now();
      await pauseUntil(() => abandoned >= count);
      return performance.now() - since;
    },
    ports,
    stop: () => server.stop(true),
  };
}

function fail(trouble: Trouble): Response | Promise<Response> {
  if (trouble === "hang") return new Promise<Response>(() => {});
  if (trouble === "html") {
    return new Response(page, { status: 502, headers: { "content-type": "text/html" } });
  }
  if (trouble === "cut") return cutAfter(new TextEncoder().encode('{"half":'));
  return new Response(trouble.body ?? "", {
    status: trouble.status,
    headers: trouble.headers ?? {},
  });
}

/** A 200 whose socket dies after these bytes. */
export function cutAfter(bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  let isSent = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!isSent) {
        isSent = true;
        controller.enqueue(bytes);
        return;
      }
      await Bun.sleep(20);
      controller.error(); // without a reason Bun keeps quiet about it
    },
  });
  return new Response(body, { headers });
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
