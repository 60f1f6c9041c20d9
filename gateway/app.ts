import { Hono } from "hono";
import { AppError } from "../shared/errors.ts";
import { parseTraceparent, type TraceContext } from "../shared/trace.ts";
import type { AppEnv, Ctx, Deps } from "./deps.ts";
import { admit } from "./http/admit.ts";
import { extAuthz, extAuthzPath } from "./http/ext-authz.ts";
import { edge } from "./http/edge.ts";
import { asAppError, fail, statusOf } from "./http/fail.ts";
import { allowedMethods, routesOf } from "./http/routes.ts";
import { servePage } from "./page.ts";

/** The gateway as a Web-standard app: `fetch(request, { setIdleSeconds })`. */
export function createApp(deps: Deps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const { log, metrics, clock } = deps;

  const failed = (cause: unknown, c: Ctx): Response => {
    const error = asAppError(cause);
    const status = statusOf(error.code);
    if (status === 401 || status === 403 || status === 429) deps.auth.audit.refused(error.code);
    if (status >= 500) {
      const { code, cause: inner } = error;
      const trace: TraceContext | undefined = c.get("trace"); // none outside a route
      const about = {
        requestId: c.get("requestId"),
        traceId: trace?.traceId,
        method: c.req.method,
      };
      const fields = { ...about, code, detail: error.detail, error: inner };
      if (code === "INTERNAL") log.error("request failed", fields);
      else log.warn("request not served", fields);
    }
    return fail(error, c);
  };

  app.use(edge(deps));

  const onAsked = async (c: Ctx) => {
    const response = await Promise.resolve(extAuthz(c, deps)).catch((cause: unknown) =>
      failed(cause, c),
    );
    metrics.checks.inc({ status: String(response.status) });
    return response;
  };
  app.all(extAuthzPath, onAsked);
  app.all(`${extAuthzPath}/*`, onAsked);

  for (const route of routesOf(deps.role)) {
    app.on(route.method, route.path, async (c) => {
      const startedAt = clock.monotonicMs();
      const span = deps.tracing.start(`${route.method} ${route.path}`, {
        kind: "server",
        parent: parseTraceparent(c.req.header("traceparent")),
        attributes: { "http.request.method": route.method, "http.route": route.path },
      });
      c.set("trace", span.context);
      let response: Response;
      try {
        await admit(c, deps, route);
        response = await route.handle(c, deps);
      } catch (cause) {
        response = failed(cause, c);
      }
      metrics.requests.inc({
        method: route.method,
        route: route.path,
        status: String(response.status),
      });
      metrics.seconds.observe({ route: route.path }, (clock.monotonicMs() - startedAt) / 1000);
      span.set({ "http.response.status_code": response.status });
      span.end(response.status >= 500 ? String(response.status) : undefined);
      return response;
    });
  }

  app.notFound((c) => {
    const file = deps.page && servePage(deps.page, c.req.raw, c.req.path, deps.images?.origins);
    if (file) return file;
    const allow = allowedMethods(deps.role, c.req.path);
    const code = allow.length > 0 ? "METHOD_NOT_ALLOWED" : "NOT_FOUND";
    if (allow.length > 0) c.header("Allow", allow.join(", "));
    metrics.requests.inc({ method: "other", route: "other", status: String(statusOf(code)) });
    return fail(new AppError(code), c);
  });
  app.onError(failed);
  return app;
}
