import * as v from "valibot";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { query } from "../stores.ts";

const Catalogue = v.array(
  v.object({
    name: v.string(),
    type: v.string(),
    dialog: v.string(),
    match: v.pipe(v.optional(v.string()), v.description("The middle category that earns it.")),
  }),
);

/** GET the catalogue, the default character first. */
export const readCatalog: Handle = async (c, { rewards }) => {
  const characters = await query(rewards.catalog.all());
  const body: v.InferInput<typeof Catalogue> = characters.map((one) => ({
    name: one.name,
    type: one.type,
    dialog: one.dialog || one.description || "",
    ...(one.match === null ? {} : { match: one.match }),
  }));
  return c.json(body);
};

export const readCatalogDoc: RouteDoc = {
  summary: "Every character there is",
  tag: "characters",
  answers: { 200: { about: "the default one first", body: Catalogue } },
};
