import { expect, test } from "bun:test";
import * as v from "valibot";
import { bound } from "../testing/bound.ts";
import { type CacheStore, redisCache } from "./cache.ts";
import { type ApiResult, fail, succeed } from "./result.ts";

const entry = { name: "x", ttlSeconds: 60, schema: v.object({ n: v.number() }) };

function setUp(store: Partial<CacheStore> = {}) {
  const held = new Map<string, string>();
  const cache = redisCache(
    {
      get: (key) => Promise.resolve(held.get(key) ?? null),
      set: (key, value, unit, seconds) =>
        Promise.resolve(held.set(key, `${value}`) && `${unit}${seconds}`),
      ...store,
    },
    (name) => `cache:${name}`,
  );
  let loads = 0;
  const load = (result: ApiResult<{ n: number }>) => () => {
    loads += 1;
    return Promise.resolve(result);
  };
  return { held, cache, load, loads: () => loads };
}

test("the second answer comes from the store", async () => {
  const { held, cache, load, loads } = setUp();
  expect(await cache(entry, load(succeed({ n: 1 })))).toEqual({ ok: true, data: { n: 1 } });
  expect(await cache(entry, load(succeed({ n: 2 })))).toEqual({ ok: true, data: { n: 1 } });
  expect([...held]).toEqual([["cache:x", '{"n":1}']]);
  expect(loads()).toBe(1);
});

test("failures are not kept", async () => {
  const { held, cache, load } = setUp();
  expect(await cache(entry, load(fail("upstream", "x")))).toMatchObject({ kind: "upstream" });
  expect(held.size).toBe(0);
});

test.each(["{broken", '{"n":"old shape"}', ""])(
  "what does not fit is loaded anew: %p",
  async (stored) => {
    const { held, cache, load } = setUp();
    held.set("cache:x", stored);
    expect(await cache(entry, load(succeed({ n: 3 })))).toEqual({ ok: true, data: { n: 3 } });
    expect(held.get("cache:x")).toBe('{"n":3}');
  },
);

test("a store that fails or hangs costs little and loses nothing", async () => {
  const broken = setUp({
    get: () => Promise.reject(new Error("away")),
    set: () => Promise.reject(new Error("away")),
  });
  expect(await broken.cache(entry, broken.load(succeed({ n: 4 })))).toMatchObject({ ok: true });
  const hanging = setUp({ get: () => new Promise(() => {}), set: () => new Promise(() => {}) });
  const started = performance.now();
  expect(await hanging.cache(entry, hanging.load(succeed({ n: 5 })))).toMatchObject({ ok: true });
  expect(performance.now() - started).toBeLessThan(bound(1000));
});
