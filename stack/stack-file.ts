import { rmSync } from "node:fs";
import * as v from "valibot";
import { type Home, readJson, writeJson } from "./home.ts";
import { serviceNames } from "./services.ts";

const Service = v.object({ url: v.string(), pid: v.nullable(v.number()) });

/** What other programs may rely on: written when the stack is ready, again on every restart, gone after a stop. */
const StackFile = v.object({
  base_url: v.string(),
  admin_url: v.string(),
  jwt_secret: v.string(),
  jwt_iss: v.string(),
  jwt_aud: v.string(),
  supervisor_pid: v.number(),
  pids: v.object({ gateway: v.number(), router: v.number(), workers: v.array(v.number()) }),
  admin: v.object({ gateway: v.string(), router: v.string(), workers: v.array(v.string()) }),
  services: v.object(v.entriesFromList(serviceNames, Service)),
  started_at: v.string(),
});
export type StackFile = v.InferOutput<typeof StackFile>;

export function readStackFile(home: Home): StackFile | undefined {
  const read = v.safeParse(StackFile, readJson(home.path("stack.json")));
  return read.success ? read.output : undefined;
}

export function writeStackFile(home: Home, file: StackFile): void {
  writeJson(home.path("stack.json"), file);
}

export function removeStackFile(home: Home): void {
  rmSync(home.path("stack.json"), { force: true });
}
