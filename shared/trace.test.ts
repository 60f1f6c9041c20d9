import { expect, test } from "bun:test";
import { formatTraceparent, noTracing, openTracing, parseTraceparent } from "./trace.ts";

const header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a traceparent is read and written", () => {
  const context = parseTraceparent(header);
  expect(context).toEqual({
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    isSampled: true,
  });
  expect(context && formatTraceparent(context)).toBe(header);
});

test.each([
  undefined,
  "",
  "nonsense",
  header.toUpperCase(),
  `${header}-more`,
  header.replace(/^00/, "ff"),
  "00-00000000000000000000000000000000-b7ad6b7169203331-01",
  "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
])("%s is none", (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test("a later version with more fields is read as far as we know it", () => {
  expect(parseTraceparent(`${header.replace(/^00/, "01")}-more`)?.isSampled).toBe(true);
});

test("without a receiver ids are handed on, and begun where there are none", async () => {
  const own = { service: "chat-test", instance: "one" };
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "true" };
  expect(await openTracing({}, own)).toBe(noTracing);
  expect(await openTracing(env, own)).toBe(noTracing);
  const parent = parseTraceparent(header);
  expect(noTracing.start("x", { parent }).context).toEqual(parent!);
  const begun = noTracing.start("x").context;
  expect(begun.isSampled).toBe(false);
  expect(parseTraceparent(formatTraceparent(begun))).toEqual(begun);
});
