import { describe, expect, test } from "bun:test";
import { routesOf } from "../gateway/http/routes.ts";
import { cannotRender, find, type Manifest, render, renderOverlay, type Spec } from "./rendered.ts";

const hosts = { dev: "chat.dev.example.com", prod: "chat.example.com" } as const;

/** Name of the route that takes a request, by Istio's rules: in list order, regex over the whole path. */
function routeOf(virtualService: Manifest, method: string, path: string): string | undefined {
  return virtualService.spec.http.find(({ match }: Spec) =>
    match.some(
      ({ uri, method: wanted }: Spec) =>
        (wanted === undefined ||
          wanted.exact === method ||
          new RegExp(`^(?:${wanted.regex})$`).test(method)) &&
        (uri.regex === undefined
          ? path.startsWith(uri.prefix)
          : new RegExp(`^(?:${uri.regex})$`).test(path)),
    ),
  )?.name;
}

const job = "7d0f4a52-6a4e-4c34-9f57-0a6f3a1c9b11";
const requests = [
  ["GET", `/api/v1/chat/${job}/events`, "chat-events"],
  ["HEAD", `/api/v1/chat/${job}/events`, "chat-api"],
  ["POST", `/api/v1/chat/${job}/events`, "chat-api"],
  ["OPTIONS", `/api/v1/chat/${job}/events`, "chat-api"],
  ["GET", `/api/v1/chat/${job}/events/`, "chat-api"],
  ["GET", `/api/v1/chat/${job}/events/x`, "chat-api"],
  ["GET", `/api/v1/chat/${job}/x/events`, "chat-api"],
  ["GET", "/api/v1/chat//events", "chat-api"],
  ["GET", "/api/v1/chat", "chat-api"],
  ["POST", "/api/v1/chat", "chat-api"],
  ["GET", `/api/v1/chat/${job}`, "chat-api"],
  ["POST", `/api/v1/chat/${job}/messages`, "chat-api"],
  ["POST", "/api/v1/scan", "chat-api"],
  ["GET", `/api/v1/scan/${job}/events`, "chat-events"],
  ["GET", `/api/v1/scan/${job}/result`, "chat-api"],
  ["POST", "/api/v1/auth/logout", "chat-api"],
  ["GET", "/api/v1/openapi.json", "chat-api"],
  ["GET", "/api/v1/locations/centers", "chat-api"],
  ["GET", "/api/v1/locations/centers/7", "chat-api"],
  ["POST", "/api/v1/images/scan", "chat-api"],
  ["POST", "/api/v1/images/scan/callback", "chat-api"],
  ["GET", "/api/v1/images/_cdn/character/eco.png", "chat-api"],
  ["OPTIONS", "/api/v1/images/_upload/scan/x.png", "chat-api"],
  ["PUT", "/api/v1/images/_upload/scan/x.png", "image-uploads"],
  ["DELETE", "/api/v1/users/me", "chat-api"],
  ["GET", "/api/v1/info/news", "chat-api"],
  ["POST", "/api/v1/auth/refresh", "chat-api"],
  ["GET", "/api/v1/auth/kakao/callback", "chat-api"],
  ["GET", "/api/v1/auth/.well-known/jwks.json", "chat-api"],
  ["GET", "/api/v1/auth/dev/authorize", undefined],
  ["GET", "/api/v1/auth/facebook", undefined],
  ["GET", "/api/v1/auth/ext-authz/api/v1/chat", undefined],
  ["GET", "/v1/session/chat", "chat-sockets"],
  ["POST", "/chat", "assistant-turns"],
  ["GET", "/chat", undefined],
  ["POST", "/api/v1/assistant/chat", "assistant-turns"],
  ["POST", "/api/v1/chat/messages", "assistant-turns"],
  ["GET", "/ws/chat", "chat-sockets"],
  ["GET", "/api/v1/assistant/ws", "chat-sockets"],
  ["GET", "/api/v1/assistant/sessions/s1/messages", "chat-api"],
  ["DELETE", "/api/v1/assistant/sessions/s1", "chat-api"],
  ["GET", "/api/v1/rooms/room001/ws", "chat-sockets"],
  ["GET", "/api/v1/rooms/room001/history", "chat-api"],
  ["GET", "/api/chat/history/room001", "chat-api"],
  ["POST", "/v1/session/connect", "chat-api"],
  ["GET", "/metrics", undefined],
  ["GET", "/ready", undefined],
] as const;

describe.skipIf(cannotRender !== undefined).each(["dev", "prod"] as const)(
  "edge of %s",
  (overlay) => {
    const virtualService = () => find(renderOverlay(overlay), "VirtualService", "chat");
    const rule = (name: string) => () =>
      virtualService().spec.http.find((one: Spec) => one.name === name) as Spec;
    const [events, turns, api] = [rule("chat-events"), rule("assistant-turns"), rule("chat-api")];

    test("has one host, by name, in one VirtualService", () => {
      const objects = renderOverlay(overlay);
      expect(objects.filter(({ kind }) => kind === "VirtualService")).toHaveLength(1);
      expect(virtualService().spec.hosts).toEqual([hosts[overlay]]);
      for (const { hosts: served } of find(objects, "Gateway", "chat").spec.servers)
        expect(served).toEqual([hosts[overlay]]);
    });

    test.each(requests)("%s %s takes route %p", (method, path, route) => {
      expect(routeOf(virtualService(), method, path)).toBe(route as string);
    });

    test("every route of the gateway reaches the role that serves it", () => {
      const outside = /^\/api\/v1\/(?!:service|auth\/dev\/)/; // the development sign-in stays inside
      const served = routesOf("all").filter(({ path }) => outside.test(path));
      expect(served.length).toBeGreaterThan(5);
      for (const { method, path, role } of served) {
        const name = routeOf(
          virtualService(),
          method,
          path.replace(":provider", "kakao").replace(/:\w+/g, job),
        );
        const rule = virtualService().spec.http.find((one: Spec) => one.name === name);
        expect([method, path, rule?.route[0].destination.host]).toEqual([
          method,
          path,
          `gateway-${role}.chat.svc.cluster.local`,
        ]);
      }
    });

    test("streams have no timeout and no retry, requests have both", () => {
      expect(events()).not.toHaveProperty("timeout");
      expect(events().retries).toEqual({ attempts: 0 });
      expect(events().route[0].destination.host).toBe("gateway-sse.chat.svc.cluster.local");
      expect(api().timeout).toBe("15s");
      expect(api().retries).toEqual({
        attempts: 2,
        perTryTimeout: "5s",
        retryOn: "connect-failure,refused-stream",
      });
      expect(api().route[0].destination.host).toBe("gateway-api.chat.svc.cluster.local");
    });

    test("a whole answer gets its two minutes", () => {
      expect(turns().timeout).toBe("130s");
      expect(turns().retries.retryOn).toBe("connect-failure,refused-stream");
    });

    test("sockets have no timeout and no retry", () => {
      const sockets = virtualService().spec.http.find(({ name }: Spec) => name === "chat-sockets");
      expect(sockets).not.toHaveProperty("timeout");
      expect(sockets.retries).toEqual({ attempts: 0 });
    });

    test("no identity header from outside gets in", () => {
      for (const rule of virtualService().spec.http)
        expect(rule.headers.request.remove).toContain("x-user-id");
    });

    test("stream connections are kept, API pods that fail are left out", () => {
      const sse = find(renderOverlay(overlay), "DestinationRule", "gateway-sse").spec.trafficPolicy;
      expect(sse.loadBalancer).toEqual({ simple: "LEAST_REQUEST" });
      expect(sse.connectionPool).toEqual({
        tcp: { maxConnections: 2000, tcpKeepalive: { time: "60s" } },
        http: { h2UpgradePolicy: "DO_NOT_UPGRADE" },
      });
      const policy = find(renderOverlay(overlay), "DestinationRule", "gateway-api").spec
        .trafficPolicy;
      expect(policy.outlierDetection).toMatchObject({
        consecutive5xxErrors: 5,
        interval: "30s",
        maxEjectionPercent: 50,
      });
    });

    test("the origin that may send cookies is the host itself", () => {
      const config = renderOverlay(overlay).find(({ metadata }) =>
        metadata.name.startsWith("gateway-config-"),
      );
      expect(config?.data?.["CORS_ORIGINS"]).toBe(`https://${hosts[overlay]}`);
    });
  },
);

test.skipIf(cannotRender !== undefined)(
  "the canary gets no request until its weight is raised",
  () => {
    const { http } = find(renderOverlay("prod"), "VirtualService", "chat").spec;
    const named = (name: string) => http.find((one: Spec) => one.name === name);
    for (const { name, route } of http) {
      const [{ destination }] = route;
      if (destination.host.startsWith("gateway-api")) {
        expect([name, destination.subset]).toEqual([name, "stable"]);
      }
    }
    const routes = named("chat-api").route.map(({ destination, weight }: Spec) => [
      destination.subset,
      weight,
    ]);
    expect(routes).toEqual([
      ["stable", 100],
      ["canary", 0],
    ]);
    expect(find(renderOverlay("prod"), "DestinationRule", "gateway-api").spec.subsets).toEqual([
      { name: "stable", labels: { track: "stable" } },
      { name: "canary", labels: { track: "canary" } },
    ]);
  },
);

test.skipIf(cannotRender !== undefined)(
  "edge-auth refuses a missing token but lets preflights pass",
  () => {
    const objects = render("components/mesh/edge-auth");
    const [rule] = find(objects, "RequestAuthentication", "chat-token").spec.jwtRules;
    expect(rule).toMatchObject({ fromCookies: ["s_access"], forwardOriginalToken: true });
    const deny = find(objects, "AuthorizationPolicy", "chat-token-required").spec;
    expect(deny.action).toBe("DENY");
    expect(deny.rules[0].from[0].source).toEqual({ notRequestPrincipals: ["*"] });
    expect(deny.rules[0].to[0].operation).toMatchObject({
      paths: [
        "/api/v1/chat",
        "/api/v1/chat/*",
        "/api/v1/scan",
        "/api/v1/scan/*",
        "/api/v1/character/*",
        "/api/v1/users/*",
        "/api/v1/info/*",
      ],
      notMethods: ["OPTIONS"],
    });
  },
);
