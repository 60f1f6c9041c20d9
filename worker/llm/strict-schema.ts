import { field, listField } from "./model-text.ts";
import type { JsonSchema } from "./model-client.ts";

/**
 * A schema as OpenAI's strict mode wants it: every property required, no others, and what was optional may
 * be null instead. Nested objects, lists and `anyOf` too.
 */
export function strictSchema(schema: JsonSchema): JsonSchema {
  return map(schema, (properties, required) => ({
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        required.includes(name) ? property : { anyOf: [property, { type: "null" }] },
      ]),
    ),
    required: Object.keys(properties),
    additionalProperties: false,
  }));
}

function map(
  schema: JsonSchema,
  change: (
    properties: Readonly<Record<string, JsonSchema>>,
    required: readonly unknown[],
  ) => object,
): JsonSchema {
  const deep = (inner: unknown) => map(inner as JsonSchema, change);
  const { properties, items, anyOf } = schema as {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly items?: unknown;
    readonly anyOf?: readonly unknown[];
  };
  const inner = Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, property]) => [name, deep(property)]),
  );
  return {
    ...schema,
    ...(items === undefined ? {} : { items: deep(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(deep) }),
    ...(properties === undefined ? {} : change(inner, listField(schema, "required"))),
  };
}

/** Takes back what `strictSchema` did: a null where the schema allows none is an absent property. */
export function dropNulls(value: unknown, schema: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => dropNulls(one, field(schema, "items")));
  const properties = field(schema, "properties");
  if (typeof value !== "object" || value === null || properties === undefined) return value;
  const required = listField(schema, "required");
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => inner !== null || required.includes(name))
      .map(([name, inner]) => [name, dropNulls(inner, field(properties, name))]),
  );
}
