import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { join } from "node:path";
import { closeRedis, openRedis } from "../clients/redis.ts";
import { keys } from "../keys.ts";
import { createLog } from "../log.ts";
import { Registry } from "../prom.ts";
import type { ScriptedRedis } from "../scripts.ts";
import { describeWith, startRedis, type TestRedis } from "../testing/services.ts";
import { until } from "../testing/until.ts";
import { type Held, LockLost, LockNotAcquired, type Locks, openLocks } from "./lock.ts";
import { createLockMetrics } from "./lock-metrics.ts";
import { fencedPush } from "./testing/freezable-holder.ts";

describeWith("redis")("a lock", () => {
  let server: TestRedis;
  let clients: ScriptedRedis[];
  let locks: Locks;
  let other: Locks;
  const registry = new Registry();
  let keyNumber = 0;
  const newKey = () => `key ${keyNumber++}`;
  beforeAll(async () => {
    server = await startRedis();
    clients = ["one", "two"].map((name) =>
      openRedis(
        server.url,
        name,
        "request",
        createLog(() => {}),
      ),
    );
    const [one, two] = clients as [ScriptedRedis, ScriptedRedis];
    await Promise.all([one.ping(), two.ping()]);
    locks = openLocks({ redis: one, namespace: "test", watch: createLockMetrics(registry) });
    other = openLocks({ redis: two, namespace: "test" });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => closeRedis(client)));
    await server.stop();
  });
  const redis = () => clients[0] as ScriptedRedis;

  test("of 100 that want it at once exactly one gets it", async () => {
    const key = newKey();
    const all = Array.from({ length: 100 }, (_, i) => (i % 2 ? locks : other).acquire(key));
    const got = (await Promise.all(all)).filter((one) => one !== null);
    expect(got).toHaveLength(1);
    expect(got[0]?.token).toMatch(/^[0-9a-f]{32}$/);
    expect(await redis().get(`test:lock:${key}`)).toBe(got[0]?.token ?? "");
    expect(Number(await redis().get(`test:lockfence:${key}`))).toBe(got[0]?.fence ?? 0);
    const ttl = await redis().pttl(`test:lock:${key}`);
    expect(ttl).toBeGreaterThan(8000);
    expect(ttl).toBeLessThanOrEqual(10_000); // the default
  });

  test("releasing twice, or with a token that is none, says false and does nothing", async () => {
    const key = newKey();
    const held = (await locks.acquire(key)) as Held;
    expect(await other.release(key, "0".repeat(32))).toBe(false);
    expect(await other.renew(key, "0".repeat(32), 60_000)).toBe(false);
    expect(await redis().pttl(`test:lock:${key}`)).toBeLessThanOrEqual(10_000);
    expect(await locks.renew(key, held.token, 60_000)).toBe(true);
    expect(await redis().pttl(`test:lock:${key}`)).toBeGreaterThan(50_000);
    expect(await locks.release(key, held.token)).toBe(true);
    expect(await locks.release(key, held.token)).toBe(false);
    expect(await locks.renew(key, held.token, 60_000)).toBe(false);
  });

  test("who waits gets it when it is free, who does not wait long enough gets nothing", async () => {
    const key = newKey();
    const held = (await locks.acquire(key)) as Held;
    const startedAt = performance.now();
    expect(await other.acquire(key, { waitMs: 120 })).toBeNull();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(110);
    const waiting = other.acquire(key, { waitMs: 5000 });
    await locks.release(key, held.token);
    expect((await waiting)?.fence).toBeGreaterThan(held.fence);
  });

  test("a fence the store lost goes on above what was given", async () => {
    const key = newKey();
    const before = (await locks.acquire(key)) as Held;
    await redis().del(keys.lock("test", key), keys.lockFence("test", key));
    const after = (await locks.acquire(key)) as Held;
    expect(after.fence).toBeGreaterThan(before.fence);
  });

  /** One step of one of a few holders on one key. */
  const step = fc.record({
    op: fc.constantFrom("acquire", "renew", "release", "expire"),
    holder: fc.nat(3),
  });

  test("whatever they do, one holds it, fences rise, and a former holder is harmless", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
        const key = newKey();
        const tokens: (Held | undefined)[] = [];
        const fences: number[] = [];
        let owner: number | undefined;
        for (const { op, holder } of steps) {
          const its = holder % 2 ? locks : other;
          const token = tokens[holder]?.token ?? "none";
          switch (op) {
            case "acquire": {
              const held = await its.acquire(key);
              expect(held !== null).toBe(owner === undefined);
              if (!held) break;
              expect(held.fence).toBeGreaterThan(fences.at(-1) ?? 0);
              fences.push(held.fence);
              tokens[holder] = held;
              owner = holder;
              break;
            }
            case "renew":
              expect(await its.renew(key, token, 10_000)).toBe(owner === holder);
              break;
            case "release":
              expect(await its.release(key, token)).toBe(owner === holder);
              if (owner === holder) owner = undefined;
              break;
            case "expire": // as when its ttl runs out
              await redis().pexpire(keys.lock("test", key), 0);
              owner = undefined;
          }
          const stored = await redis().get(keys.lock("test", key));
          expect(stored).toBe(owner === undefined ? null : (tokens[owner]?.token ?? ""));
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  test("work under it never overlaps, whoever comes when", async () => {
    const key = newKey();
    let inside = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        (i % 2 ? locks : other).withLock(key, { waitMs: 20_000 }, async (_signal, fence) => {
          most = Math.max(most, ++inside);
          await Bun.sleep(2);
          order.push(fence);
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(order).toHaveLength(12);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test("is renewed while the work runs, and released however it ends", async () => {
    const key = newKey();
    const work = locks.withLock(key, { ttlMs: 1000 }, async () => {
      await Bun.sleep(2500);
      expect(await other.acquire(key)).toBeNull();
      return "done";
    });
    expect(await work).toBe("done");
    expect(await redis().exists(keys.lock("test", key))).toBe(0);

    const failing = locks.withLock(key, {}, () => Promise.reject(new Error("its own")));
    expect(failing).rejects.toThrow("its own");
    await failing.catch(() => {});
    expect(await redis().exists(keys.lock("test", key))).toBe(0);

    const stop = new AbortController();
    const cancelled = locks.withLock(key, { signal: stop.signal }, async (signal) => {
      stop.abort(new Error("cancelled"));
      signal.throwIfAborted();
    });
    expect(cancelled).rejects.toThrow("cancelled");
    await cancelled.catch(() => {});
    expect(await redis().exists(keys.lock("test", key))).toBe(0);
  });

  test("held by somebody else it throws its own error, and it is not re-entrant", async () => {
    const key = newKey();
    const work = () =>
      locks.withLock(key, {}, () => locks.withLock(key, {}, () => Promise.resolve("never")));
    expect(work()).rejects.toBeInstanceOf(LockNotAcquired);
  });

  test("taken away, it aborts the work with LockLost and leaves the new holder alone", async () => {
    const key = newKey();
    let next: Held | null = null;
    const work = locks.withLock(key, { ttlMs: 150 }, async (signal) => {
      await redis().del(keys.lock("test", key));
      next = await other.acquire(key);
      await until(() => signal.aborted);
      expect(signal.reason).toBeInstanceOf(LockLost);
      return "too late";
    });
    expect(work).rejects.toBeInstanceOf(LockLost);
    await work.catch(() => {});
    expect(await redis().get(keys.lock("test", key))).toBe((next as Held | null)?.token ?? "");
    expect(await locks.acquire(key)).toBeNull();
    const text = await registry.metrics();
    expect(text).toMatch(/lock_lost_total [1-9]/);
    expect(text).toContain('lock_wait_seconds_count{result="busy"}');
  });

  test("an unreachable store is a lock not acquired, and a lost one after the ttl", async () => {
    const own = await startRedis();
    const client = openRedis(
      own.url,
      "alone",
      "request",
      createLog(() => {}),
    );
    await client.ping();
    const alone = openLocks({ redis: client, namespace: "test" });
    const work = alone.withLock("k", { ttlMs: 300 }, async (signal) => {
      await own.crash();
      await until(() => signal.aborted);
    });
    expect(work).rejects.toBeInstanceOf(LockLost);
    await work.catch(() => {});
    expect(await alone.acquire("k")).toBeNull();
    expect(alone.withLock("k", {}, () => Promise.resolve())).rejects.toBeInstanceOf(
      LockNotAcquired,
    );
    client.disconnect();
    await own.stop();
  });

  test("a frozen holder wakes after its time: its writes are refused", async () => {
    const fenceKey = keys.lockFence("test", "frozen");
    const child = Bun.spawn(
      ["bun", join(import.meta.dir, "testing/freezable-holder.ts"), server.url],
      {
        stdout: "pipe",
        stderr: "inherit",
      },
    );
    let said = "";
    const reading = (async () => {
      for await (const chunk of child.stdout) said += new TextDecoder().decode(chunk);
    })();
    await until(() => said.split("written").length > 5, { timeoutMs: 20_000 });
    process.kill(child.pid, "SIGSTOP");
    const mine = await until(() => locks.acquire("frozen"));
    const write = (fence: number) =>
      redis().eval(fencedPush, 2, "written", fenceKey, fence, `me ${fence}`);
    expect(await write(mine.fence)).toBe("written");
    const before = await redis().llen("written");
    process.kill(child.pid, "SIGCONT");
    await child.exited;
    await reading;
    const words = said.trim().split("\n");
    expect(words.at(-1)).toBe("LockLost");
    expect(words.at(-2)).toBe("after stale");
    expect(await redis().llen("written")).toBe(before);
    expect(await locks.release("frozen", mine.token)).toBe(true); // not touched by the woken one
  }, 40_000);
});
