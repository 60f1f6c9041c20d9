import { pause } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { ws } from "../../shared/limits.ts";
import type { Ctx, Deps } from "../deps.ts";
import type { Principal } from "../gate/verify.ts";
import { requireOrigin } from "../http/auth.ts";
import { clientAddress, countedAs } from "../limits/address.ts";
import { type CloseCode, closeCodes, closeLabel } from "./close-codes.ts";
import { Connection, defaultFrames, type FrameRules, type Talk } from "./connection.ts";
import { socketCredential } from "./credential.ts";
import type { SocketKind, SocketMetrics } from "./metrics.ts";

/** How a route wants its sockets. */
export interface SocketPlan {
  readonly kind: SocketKind;
  /** Without it, who sends no token at all may talk too. A bad token is refused either way. */
  readonly needsToken: boolean;
  /** The request is wrong: closed with this, before anything else is looked at. */
  readonly refusal?: CloseCode | undefined;
  /** Once open. */
  readonly begin: (connection: Connection) => Talk;
}

/** Revocation reaches a live socket within a second: the fanout, and one tick. */
const tickMs = 500;

/** All WebSockets of this process. */
export class Sockets {
  readonly #open = new Set<Connection>();
  readonly #metrics: SocketMetrics;
  readonly #frames: FrameRules;
  readonly #max: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosing = false;

  constructor(metrics: SocketMetrics, frames = defaultFrames, max = ws.maxSockets) {
    this.#metrics = metrics;
    this.#frames = frames;
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Makes a request a socket. Who may not talk is closed with a code right after the upgrade, as browsers see no
   * status. Throws `UPGRADE_REQUIRED`, `UNAUTHORIZED` for a foreign page, and `UNAVAILABLE` (retry) when the process
   * is closing or full, or nobody knows which tokens are revoked.
   */
  async accept(c: Ctx, deps: Deps, plan: SocketPlan): Promise<Response> {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      throw new AppError("UPGRADE_REQUIRED");
    }
    requireOrigin(c, deps);
    if (this.#isClosing || this.#open.size >= this.#max) {
      throw new AppError("UNAVAILABLE", { detail: "too many sockets", retryAfterSeconds: 2 });
    }
    const { principal, protocol, refusal } = await whoIs(c, deps, plan);
    const now = () => deps.clock.monotonicMs();
    const expiresAt =
      principal === undefined
        ? Number.POSITIVE_INFINITY
        : now() + (principal.expiresAtMs - deps.clock.wallMs());
    const hops = deps.proxyHops;
    const peer = clientAddress(c.env?.peer?.(), c.req.header("x-forwarded-for"), hops);
    const connection = new Connection({
      frames: this.#frames,
      principal,
      address: countedAs(peer ?? "::1"),
      isRevoked: () =>
        principal !== undefined && deps.revocations.isRevoked(principal.jti, principal.session),
      now,
      expiresAt,
      refusal: plan.refusal ?? refusal,
      begin: plan.begin,
      onOpened: (opened) => this.#add(opened, plan.kind, now),
      onClosed: (closed, code, reason) => this.#remove(closed, plan.kind, code, reason),
    });
    const headers: Record<string, string> =
      protocol === undefined ? {} : { "Sec-WebSocket-Protocol": protocol };
    if (!c.env?.upgrade?.(connection, headers)) throw new AppError("UPGRADE_REQUIRED");
    return new Response(null, { status: 101 }); // the socket has the connection: nobody gets this
  }

  /** Says goodbye to every socket and takes no new ones. Resolves when all are gone, at the latest after `maxMs`. */
  async close(maxMs: number): Promise<void> {
    this.#isClosing = true;
    for (const connection of this.#open) connection.close(closeCodes.restarting);
    const never = new AbortController().signal;
    for (let waited = 0; this.#open.size > 0 && waited < maxMs; waited += 50)
      await pause(50, never);
    for (const connection of this.#open) connection.cut();
    clearInterval(this.#timer);
  }

  #add(connection: Connection, kind: SocketKind, now: () => number): void {
    this.#open.add(connection);
    this.#metrics.connections.inc({ kind });
    this.#timer ??= setInterval(() => {
      const at = now();
      for (const each of this.#open) each.tick(at);
    }, tickMs);
    if (this.#isClosing) connection.close(closeCodes.restarting);
  }

  #remove(connection: Connection, kind: SocketKind, code: number, reason: string): void {
    if (!this.#open.delete(connection)) return;
    this.#metrics.connections.dec({ kind });
    this.#metrics.closed.inc({ code: closeLabel(connection.closedBy, code, reason) });
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

interface Who {
  readonly principal?: Principal;
  readonly protocol?: string | undefined;
  readonly refusal?: CloseCode;
}

/** Throws `UNAVAILABLE`: then nobody gets in. */
async function whoIs(c: Ctx, deps: Deps, { needsToken }: SocketPlan): Promise<Who> {
  let protocol: string | undefined;
  try {
    const credential = socketCredential(c);
    protocol = credential.protocol;
    if (credential.token !== undefined) {
      return { protocol, principal: await deps.verify(credential.token) };
    }
    return needsToken ? { protocol, refusal: closeCodes.unauthorized } : { protocol };
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code === "UNAVAILABLE") throw cause;
    const isRevoked = cause.code === "TOKEN_REVOKED";
    return { protocol, refusal: isRevoked ? closeCodes.forbidden : closeCodes.unauthorized };
  }
}
