import { expect, test } from "bun:test";
import { readConfig } from "./config.ts";

const good = {
  REDIS_STREAMS_URL: "redis://127.0.0.1:6379/0",
  REDIS_PUBSUB_URL: "redis://127.0.0.1:6380/0",
  RABBITMQ_URL: "amqp://127.0.0.1/",
  DATABASE_URL: "postgres://127.0.0.1/eco2",
  JWT_SECRET: "s".repeat(32),
};

test("what is not given has a default, but for secrets and places", () => {
  expect(readConfig(good)).toMatchObject({
    port: 8000,
    adminPort: 9090,
    host: "0.0.0.0",
    corsOrigins: [],
    proxyHops: 0,
    jwt: { issuer: "eco2", audience: "eco2-api" },
  });
  expect(() => readConfig({})).toThrow(/JWT_SECRET: is missing/);
});

test("origins are an exact list", () => {
  const CORS_ORIGINS = "https://eco2.example, http://localhost:5173";
  const expected = ["https://eco2.example", "http://localhost:5173"];
  expect(readConfig({ ...good, CORS_ORIGINS }).corsOrigins).toEqual(expected);
});

test.each([
  ["CORS_ORIGINS", "*"],
  ["CORS_ORIGINS", "https://eco2.example/app"],
  ["CORS_ORIGINS", "eco2.example"],
  ["JWT_SECRET", "short"],
  ["PORT", "eighty"],
  ["PORT", "70000"],
  ["LOG_LEVEL", "loud"],
  ["TRUSTED_PROXY", "yes"],
  ["LIMIT_JOBS_AT_ONCE", "0"],
  ["RABBITMQ_URL", "http://127.0.0.1"],
])("%s=%s is refused by name", (name, value) => {
  expect(() => readConfig({ ...good, [name]: value })).toThrow(`${name}: must`);
});

test("a secret is not printed", () => {
  expect(() => readConfig({ ...good, JWT_SECRET: "hunter2" })).not.toThrow("hunter2");
});
