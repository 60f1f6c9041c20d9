import type { UserId } from "../../shared/contract/ids.ts";
import type { Ctx, Deps } from "../deps.ts";
import { whoAsks } from "../rooms/who.ts";
import { nobody } from "./parts.ts";

/** Who asks over HTTP. Throws `UNAUTHORIZED`, `TOKEN_REVOKED` or `UNAVAILABLE`. */
export async function whoOf(c: Ctx, deps: Deps): Promise<UserId> {
  return (await whoAsks(c, deps))?.userId ?? nobody;
}
