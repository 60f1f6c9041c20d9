import { type ConversionConfig, type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

/** Rules JSON Schema has no words for. Anything else it cannot say is an error, and a red test. */
const ignoreActions = [
  "brand",
  "check",
  "finite",
  "normalize",
  "parse_json",
  "raw_check",
  "raw_transform",
  "readonly",
  "to_lower_case",
  "to_upper_case",
  "transform",
  "trim",
];

const config: ConversionConfig = {
  target: "draft-2020-12",
  typeMode: "input",
  ignoreActions,
  overrideSchema: ({ valibotSchema, jsonSchema }) =>
    valibotSchema.type === "loose_object"
      ? { ...jsonSchema, additionalProperties: true }
      : undefined,
};

/** A schema as the document has it: what goes in, before defaults and transformations. */
export function toSchema(schema: v.GenericSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = toJsonSchema(schema, config);
  return rest;
}

/** A schema that may be left out, as query parameters may. */
export function isOptional(schema: v.GenericSchema): boolean {
  return ["optional", "nullish", "exact_optional", "undefinedable"].includes(schema.type);
}
