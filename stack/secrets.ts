import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { type Home, readJson, writeJson } from "./home.ts";

const Secrets = v.object({ jwt_secret: v.string(), service_password: v.string() });
export type Secrets = v.InferOutput<typeof Secrets>;

/** Generated once per folder and kept, so tokens and data of earlier runs stay valid. */
export function keepSecrets(home: Home): Secrets {
  const saved = savedSecrets(home);
  if (saved) return saved;
  const secrets = {
    jwt_secret: randomBytes(32).toString("hex"),
    service_password: randomBytes(16).toString("hex"),
  };
  writeJson(home.path("secrets.json"), secrets);
  return secrets;
}

export function savedSecrets(home: Home): Secrets | undefined {
  const read = v.safeParse(Secrets, readJson(home.path("secrets.json")));
  return read.success ? read.output : undefined;
}
