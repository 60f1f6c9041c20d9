import { afterAll, expect, test } from "bun:test";
import { routesOf } from "../http/routes.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { openTestApp } from "../testing/test-app.ts";

// `openTestApp` compares each answer with the document; here every route of the table gets what no client should send.
// Successes come from the routes' own tests, and `bun run test` says which of them nobody saw.

describeWith("redis", "postgres")("every route", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });

  const table = routesOf("all");
  const pathOf = (path: string, value: string) => path.replace(/:\w+/g, value);
  const named = (routes: readonly (typeof table)[number][]) =>
    routes.map((route) => [`${route.method} ${route.path}`, route] as const);
  const send = async (
    { method, path }: (typeof table)[number],
    value: string,
    options: Parameters<typeof use.send>[2] = {},
  ) => {
    const response = await use.send(method, pathOf(path, value), {
      user: crypto.randomUUID(),
      ...options,
    });
    if (response.headers.get("content-type")?.startsWith("text/event-stream"))
      await response.body?.cancel();
    return response;
  };

  test.each(named(table.filter(({ isOpen }) => !isOpen)))(
    "%s asks for a token",
    async (_name, route) => {
      const response = await send(route, crypto.randomUUID(), { user: undefined });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: "UNAUTHORIZED" });
    },
  );

  test.each(named(table))("%s answers nobody's ids as its document says", async (_name, route) => {
    for (const value of [crypto.randomUUID(), "no-id", "%00", "..%2f", "a".repeat(600)]) {
      const { status } = await send(route, value);
      expect(status).not.toBe(500);
    }
  });

  const bodies: readonly [string, Parameters<typeof use.send>[2]][] = [
    ["no JSON", { body: "{" }],
    ["another type", { body: "a=1", headers: { "content-type": "text/plain" } }],
    ["a list", { body: [] as unknown }],
    ["prototype keys", { body: '{"__proto__":{"a":1},"constructor":1}' }],
    ["half a character", { body: '{"message":"\\ud800","title":"\\ud800"}' }],
    ["too much", { body: `"${"a".repeat(300_000)}"` }],
  ];
  test.each(named(table.filter(({ method }) => method !== "GET")))(
    "%s answers bad bodies as its document says",
    async (_name, route) => {
      for (const [, options] of bodies) {
        const { status } = await send(route, crypto.randomUUID(), options ?? {});
        expect(status).not.toBe(500);
      }
    },
  );

  test.each(named(table.filter(({ method }) => method === "GET")))(
    "%s answers bad queries as its document says",
    async (_name, route) => {
      for (const query of ["?limit=-1&cursor=%ff", "?limit[]=1", "?q=%00&page=1e99&radius=NaN"]) {
        const { status } = await send(
          { ...route, path: `${route.path}${query}` },
          crypto.randomUUID(),
        );
        expect(status).not.toBe(500);
      }
    },
  );
});
