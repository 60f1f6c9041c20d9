import { Counter, Gauge, Histogram, type Registry } from "../shared/prom.ts";

/** Requests and accepted jobs. The `route` label is a path of the route table, never a URL. */
export function createHttpMetrics(registry: Registry, isBrokerUp: () => boolean) {
  new Gauge({
    name: "chat_gateway_broker_up",
    help: "1 while the job queue takes jobs; 0: they wait in the outbox.",
    registers: [registry],
    collect() {
      this.set(isBrokerUp() ? 1 : 0);
    },
  });
  return {
    requests: new Counter({
      name: "chat_gateway_http_requests_total",
      help: "Requests answered.",
      labelNames: ["method", "route", "status"],
      registers: [registry],
    }),
    seconds: new Histogram({
      name: "chat_gateway_http_request_seconds",
      help: "Time to the answer's head.",
      labelNames: ["route"],
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 5],
      registers: [registry],
    }),
    misrouted: new Counter({
      name: "misrouted_requests_total",
      help: "Requests for a stream that reached the API.",
      registers: [registry],
    }),
    checks: new Counter({
      name: "chat_gateway_ext_authz_total",
      help: "Requests of other services asked about, by the answer.",
      labelNames: ["status"],
      registers: [registry],
    }),
    jobs: new Counter({
      name: "chat_gateway_jobs_total",
      help: "Messages and scans sent, by what became of them.",
      labelNames: ["result"],
      registers: [registry],
    }),
  };
}
export type HttpMetrics = ReturnType<typeof createHttpMetrics>;
