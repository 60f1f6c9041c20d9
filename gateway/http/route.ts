import type { Role } from "../config.ts";
import type { Handle } from "../deps.ts";
import type { Share } from "../limits/limits.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** A name stands for one segment of the path. */
  readonly path: string;
  /** The role that serves it; undefined: every one. */
  readonly role: Exclude<Role, "all"> | undefined;
  readonly handle: Handle;
  /** What it takes and answers, in the schemas the handler uses; see `RouteDoc` for how to write one. */
  readonly doc: RouteDoc;
  /** What it uses up of a user's share. */
  readonly share?: Share;
  /** Answers without a token. */
  readonly isOpen?: true;
  /** Has no limit for addresses: probes come often. */
  readonly isUncounted?: true;
}
