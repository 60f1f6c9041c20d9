import { createHash, randomBytes } from "node:crypto";
import * as v from "valibot";
import { keys } from "../../shared/keys.ts";
import { signIn } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { requireReady } from "../stores.ts";
import { providers } from "../users/accounts.ts";

const Flow = v.object({
  provider: v.picklist(providers),
  redirect_uri: v.string(),
  code_verifier: v.string(),
  device_id: v.nullable(v.string()),
  /** Already checked against the list of origins; null: the default. */
  frontend_origin: v.nullable(v.string()),
  /** Hash of the cookie of the browser that began; null: none was set. */
  browser: v.nullable(v.string()),
});
/** What is kept between the first click and the way back. */
export type Flow = v.InferOutput<typeof Flow>;

export const randomText = (bytes: number) => randomBytes(bytes).toString("base64url");
export const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");

/** Keeps it under a state of 32 random bytes. Throws `UNAVAILABLE`, or what Redis throws. */
export async function keepFlow(redis: ScriptedRedis, flow: Flow): Promise<string> {
  await requireReady(redis);
  const state = randomText(32);
  await redis.set(keys.oauthState(state), JSON.stringify(flow), "EX", signIn.stateSeconds);
  return state;
}

/** Takes it out: a state is good once. Undefined when it is none, used, or too old. */
export async function takeFlow(redis: ScriptedRedis, state: string): Promise<Flow | undefined> {
  if (!/^[\w-]{43}$/.test(state)) return undefined;
  await requireReady(redis);
  const held = await redis.getdel(keys.oauthState(state));
  const flow = v.safeParse(v.pipe(v.string(), v.parseJson(), Flow), held);
  return flow.success ? flow.output : undefined;
}
