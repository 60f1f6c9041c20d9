import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import type { Handle } from "../deps.ts";
import { keySetOf } from "../gate/keyring.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

/** GET: the keys tokens are verified with, where they are public. 404 while only a shared secret signs. */
export const keySet: Handle = (c, deps) => {
  const set = keySetOf(deps.auth.rules.keys);
  if (set.keys.length === 0) throw new AppError("NOT_FOUND");
  c.header("Cache-Control", "public, max-age=300"); // a new key is published this long before it signs
  return c.json(set);
};

export const keySetDoc: RouteDoc = {
  summary: "Public keys of the tokens",
  tag: "auth",
  answers: {
    200: {
      about: "a JSON Web Key Set",
      body: v.object({ keys: v.array(v.looseObject({ kid: v.string(), alg: v.string() })) }),
    },
  },
  errors: ["NOT_FOUND"],
};
