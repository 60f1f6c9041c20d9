import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "bun:test";
import { anyOriginHeaders, corsHeaders, isForAnyOrigin } from "../http/cors.ts";
import { isOpenPath } from "../http/open-paths.ts";
import { routesOf } from "../http/routes.ts";
import { buildDocument, type Operation } from "./document.ts";
import { renderPage } from "./page.ts";

const routes = routesOf("all");
const document = buildDocument(routes);
const operations = Object.values(document.paths).flatMap((methods): Operation[] =>
  Object.values(methods),
);

test("the document fits the OpenAPI 3.1 schema", async () => {
  const result = await new Validator().validate({ ...document });
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
});

test("every route is in it, once", () => {
  expect(operations).toHaveLength(routes.length);
  expect(new Set(operations.map((one) => one.operationId)).size).toBe(routes.length);
});

test("every route without a token is one the gate lets through, and no other", () => {
  for (const { method, path, isOpen } of routes) {
    const asked = path.replace(/:provider/, "google").replace(/:\w+/g, crypto.randomUUID());
    expect(`${method} ${path} ${isOpenPath(method, asked)}`).toBe(
      `${method} ${path} ${isOpen ?? false}`,
    );
  }
});

test("a listed page may send every header that a route reads", () => {
  const origin = "https://eco2.example";
  const listed = corsHeaders([origin], origin, true)["Access-Control-Allow-Headers"] ?? "";
  for (const [path, methods] of Object.entries(document.paths)) {
    const allowed = isForAnyOrigin(path)
      ? anyOriginHeaders["Access-Control-Allow-Headers"]
      : listed;
    const names = allowed.toLowerCase().split(", ");
    for (const { name, in: place } of Object.values(methods).flatMap((one) => one.parameters)) {
      if (place === "header") expect([path, ...names]).toContain(name.toLowerCase());
    }
  }
  // of the existing web client, whatever the document says
  for (const name of ["x-frontend-origin", "x-idempotency-key", "last-event-id", "content-type"]) {
    expect(listed.toLowerCase().split(", ")).toContain(name);
  }
});

test("what is written in it is text on its page", () => {
  const summary = "<script>alert(1)</script>";
  const [first] = operations;
  if (!first) throw new Error("no operation");
  const { page, policy } = renderPage({
    ...document,
    paths: { "/x": { get: { ...first, summary } } },
  });
  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;");
  expect(policy).not.toContain("unsafe");
});
