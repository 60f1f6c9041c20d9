/** What the admin port shows of a process. */
interface AdminOptions {
  readonly port: number;
  /** Loopback or all interfaces; default all. */
  readonly host?: string;
  /** Would work given to this process be done? False while it closes. May throw: that counts as false. */
  readonly ready: () => Promise<boolean> | boolean;
  /** Is the process itself sound? False asks the platform to restart it. */
  readonly live: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** Calls of our own processes; undefined: no path of ours. */
  readonly other?: (request: Request) => Promise<Response | undefined>;
}

export interface Admin {
  /** The port it listens on; asked for 0 it is any free one. */
  readonly port: number;
  stop(): Promise<void>;
}

/** A check that hangs counts as failed: probes must not pile up. */
const readyWithinMs = 2000;

async function answersInTime(check: () => Promise<boolean> | boolean): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), readyWithinMs);
  try {
    return await Promise.race([Promise.resolve(check()), late.promise]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

const say = (isGood: boolean, good: string, bad: string) =>
  Response.json({ status: isGood ? good : bad }, { status: isGood ? 200 : 503 });

/** Serves `/live`, `/ready` and `/metrics`. Throws when the port is taken. */
export function serveAdmin(options: AdminOptions): Admin {
  const server = Bun.serve({
    port: options.port,
    hostname: options.host ?? "0.0.0.0",
    routes: {
      "/live": () => say(options.live(), "live", "broken"),
      "/ready": async () => say(await answersInTime(options.ready), "ready", "not ready"),
      "/metrics": async () =>
        new Response(await options.metrics(), {
          headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
        }),
    },
    fetch: async (request) =>
      (await options.other?.(request)) ??
      Response.json({ status: "unknown path" }, { status: 404 }),
    error: () => Response.json({ status: "error" }, { status: 500 }),
  });
  return { port: server.port ?? options.port, stop: () => server.stop(true) };
}
