import { expect, test } from "bun:test";
import fc from "fast-check";
import { clientAddress, countedAs, isLoopback } from "./address.ts";
import { LocalBuckets } from "./local-buckets.ts";

test.each([
  ["no proxy: forwarded headers mean nothing", 0, "203.0.113.9", "10.0.0.1"],
  ["one proxy: what it added", 1, "1.2.3.4, 203.0.113.9", "203.0.113.9"],
  ["two proxies: the one before the last", 2, "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"],
  ["fewer entries than proxies", 2, "1.2.3.4", "10.0.0.1"],
  ["no address at all", 1, "unknown", "10.0.0.1"],
  ["no header", 1, undefined, "10.0.0.1"],
])("%s", (_name, hops, header, expected) => {
  expect(clientAddress("10.0.0.1", header, hops)).toBe(expected);
});

test.each([
  ["203.0.113.9", "203.0.113.9"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::1", "2001:db8:1:2"],
  ["2001:0db8::1", "2001:db8:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["::1", "0:0:0:0"],
])("%s counts as %s", (address, expected) => expect(countedAs(address)).toBe(expected));

test("loopback in every form", () => {
  expect(["127.0.0.1", "127.0.0.6", "::1", "::ffff:127.0.0.1"].every(isLoopback)).toBeTrue();
  expect(["128.0.0.1", "::2", "1127.0.0.1"].some(isLoopback)).toBeFalse();
});

test("a bucket never gives more than its burst and what flowed in since", () =>
  fc.assert(
    fc.property(
      fc.array(fc.nat(3000), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      (pauses, capacity, perSecond) => {
        let now = 0;
        const clock = { wallMs: () => 0, monotonicMs: () => now };
        const buckets = new LocalBuckets(clock, 10);
        const wanted = [{ key: "a", rule: { name: "a", capacity, perSecond } }];
        let given = 0;
        for (const pauseMs of pauses) {
          now += pauseMs;
          const { isAllowed, levels } = buckets.take(wanted);
          if (isAllowed) given++;
          else expect(levels[0]?.waitMs).toBeGreaterThan(0);
        }
        expect(given).toBeLessThanOrEqual(capacity + (now * perSecond) / 1000 + 1e-6);
      },
    ),
  ));

test("a refused bucket takes nothing from the others, and memory is bounded", () => {
  const buckets = new LocalBuckets({ wallMs: () => 0, monotonicMs: () => 0 }, 100);
  const rich = { key: "rich", rule: { name: "r", capacity: 5, perSecond: 1 } };
  const poor = { key: "poor", rule: { name: "p", capacity: 1, perSecond: 1 } };
  expect(buckets.take([rich, poor]).isAllowed).toBeTrue();
  expect(buckets.take([rich, poor]).isAllowed).toBeFalse();
  expect(buckets.take([rich]).levels[0]?.left).toBe(3);
  for (let i = 0; i < 500; i++) buckets.take([{ ...poor, key: String(i) }]);
  expect(buckets.size).toBe(100);
});
