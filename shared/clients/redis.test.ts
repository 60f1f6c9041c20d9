import { expect, test } from "bun:test";
import { redisAddress } from "./redis.ts";

test("a plain address is used as it is", () => {
  expect(redisAddress("redis://:secret@127.0.0.1:6379/1")).toBe("redis://:secret@127.0.0.1:6379/1");
});

test("a Sentinel address names the set, every Sentinel and the database", () => {
  const address = redisAddress("redis+sentinel://app:p%40ss@a.redis.svc:26379,b/mymaster?db=2");
  expect(address).toMatchObject({
    name: "mymaster",
    sentinels: [
      { host: "a.redis.svc", port: 26379 },
      { host: "b", port: 26379 },
    ],
    username: "app",
    password: "p@ss",
    db: 2,
  });
});
