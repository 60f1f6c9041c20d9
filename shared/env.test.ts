import { expect, test } from "bun:test";
import * as v from "valibot";
import { envInteger, envRedisUrl, envUrl, readEnv } from "./env.ts";

const Config = v.object({
  PORT: envInteger(0, 65_535),
  REDIS: envRedisUrl(),
  BROKER: envUrl("amqp", "amqps"),
});
const sound = { PORT: "8000", REDIS: "redis://localhost:6379/0", BROKER: "amqp://localhost" };

test.each(["redis://localhost", "rediss://a:b@c:1/0", "redis+sentinel://a:1,b:2/mymaster?db=1"])(
  "%s is a Redis address",
  (REDIS) => expect(readEnv(Config, { ...sound, REDIS }).REDIS).toBe(REDIS),
);

test("every wrong variable is named in one error, without its value", () => {
  const env = { PORT: "99999", REDIS: "http://secret@x", BROKER: "" };
  let message = "";
  try {
    readEnv(Config, env);
  } catch (cause) {
    message = String(cause);
  }
  expect(message).toContain("PORT: must be at most 65535");
  expect(message).toContain("REDIS: must be redis://");
  expect(message).toContain("BROKER: is missing");
  expect(message).not.toContain("secret");
});
