import * as v from "valibot";
import type { JsonSchema } from "@valibot/to-json-schema";
import type { Code } from "../../shared/errors.ts";
import { statusOf, wireNameOf } from "../http/fail.ts";
import type { Route } from "../http/route.ts";
import type { Answer, RouteDoc } from "./route-doc.ts";
import { isOptional, toSchema } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Json[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseDoc>>;
}
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: JsonSchema;
}
export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;
export interface ResponseDoc {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Json;
}
export interface OpenApi {
  readonly openapi: "3.1.1";
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json;
}

/** The one error shape of the gateway, `http/fail.ts`. */
const ErrorBody = v.pipe(
  v.object({
    detail: v.pipe(v.string(), v.description("A sentence for people.")),
    code: v.pipe(v.string(), v.description("For programs.")),
    request_id: v.pipe(v.string(), v.description("Also in X-Request-Id; name it to us.")),
    errors: v.optional(v.array(v.object({ path: v.string(), message: v.string() }))),
  }),
  v.description("Every refused or failed request."),
);

/** `/api/v1/chat/:chat_id` as OpenAPI writes it. */
export function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, "{$1}");
}

/** The OpenAPI 3.1 document of these routes. */
export function buildDocument(routes: readonly Route[]): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {};
  const tags = new Set<string>();
  for (const route of routes) {
    tags.add(route.doc.tag);
    const path = (paths[templateOf(route.path)] ??= {});
    path[route.method.toLowerCase()] = operationOf(route, route.doc);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "eco2",
      version: "1",
      description: "Chat about waste and recycling, streamed. Every error has one shape.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [...tags].sort().map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: toSchema(ErrorBody) },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        cookie: { type: "apiKey", in: "cookie", name: "s_access" },
      },
    },
  };
}

function operationOf(route: Route, doc: RouteDoc): Operation {
  return {
    operationId: idOf(route),
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    tags: [doc.tag],
    security: route.isOpen ? [] : [{ bearer: [] }, { cookie: [] }],
    parameters: parametersOf(route, doc),
    ...(doc.body
      ? {
          requestBody: {
            required: !doc.isBodyOptional,
            content: { [doc.bodyType ?? "application/json"]: { schema: toSchema(doc.body) } },
          },
        }
      : {}),
    responses: { ...successesOf(doc), ...refusalsOf(route, doc) },
  };
}

/** `get_chat_chat_id_events`: stable as long as the path is. */
function idOf({ method, path }: Route): string {
  const words = path.replace(/^\/api\/v1\//, "").match(/\w+/g) ?? [];
  const isRoot = !path.startsWith("/api/") && words.length === 1; // `/chat` is not `/api/v1/chat`
  return [method.toLowerCase(), ...(isRoot ? ["root"] : []), ...words].join("_");
}

function parametersOf(route: Route, doc: RouteDoc): Parameter[] {
  const uuid: JsonSchema = { type: "string", format: "uuid" };
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const inPath = names.map((name): Parameter => {
    const own = doc.params?.[name];
    return { name, in: "path", required: true, schema: own ? toSchema(own) : uuid };
  });
  const others = (place: "query" | "header", schemas: RouteDoc["query"]) =>
    Object.entries(schemas ?? {}).map(([name, schema]): Parameter => ({
      name,
      in: place,
      required: !isOptional(schema),
      schema: toSchema(schema),
    }));
  return [...inPath, ...others("query", doc.query), ...others("header", doc.headers)];
}

function successesOf({ answers }: RouteDoc): Record<string, ResponseDoc> {
  const one = ({ about, body, type = "application/json", headers }: Answer): ResponseDoc => ({
    description: about,
    ...(body ? { content: { [type]: { schema: toSchema(body) } } } : {}),
    ...(headers
      ? {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, description]) => [
              name,
              { description, schema: { type: "string" } },
            ]),
          ),
        }
      : {}),
  });
  return Object.fromEntries(Object.entries(answers).map(([status, it]) => [status, one(it)]));
}

/** The codes a route may answer with: its own, and those the table knows. */
export function codesOf(route: Route, doc: RouteDoc): Code[] {
  const isChecked = doc.body ?? doc.query ?? route.path.includes(":");
  const codes: Code[] = [
    ...(doc.errors ?? []),
    ...(route.isOpen ? [] : (["UNAUTHORIZED", "TOKEN_REVOKED"] as const)),
    ...(route.isUncounted ? [] : (["RATE_LIMITED", "UNAVAILABLE"] as const)),
    ...(doc.body ? (["BAD_JSON", "UNSUPPORTED_MEDIA_TYPE", "PAYLOAD_TOO_LARGE"] as const) : []),
    ...(isChecked ? (["VALIDATION_ERROR"] as const) : []),
    ...(route.role === "sse" ? (["MISROUTED", "METHOD_NOT_ALLOWED"] as const) : []),
    "INTERNAL",
  ];
  return [...new Set(codes)].sort();
}

function refusalsOf(route: Route, doc: RouteDoc): Record<string, ResponseDoc> {
  const byStatus = Map.groupBy(codesOf(route, doc), statusOf);
  const retryAfter = { "Retry-After": { description: "Seconds.", schema: { type: "string" } } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map(wireNameOf).join(", "),
        content: {
          "application/json": {
            schema: {
              $ref: "#/components/schemas/Error",
              properties: { code: { enum: [...new Set(codes.map(wireNameOf))] } },
            },
          },
        },
        ...(status === 429 || status === 503 ? { headers: retryAfter } : {}),
      },
    ]),
  );
}
