import type { Line, LineBreak, Timing } from "./updates.ts";

/** A connection's life: opened, kept alive by events, broken by staleness or on purpose, waited for. */
export interface LineControl extends Line {
  /** Starts a connection; the signal breaks it. */
  open(): AbortSignal;
  close(): void;
  /** An event came: the line is not stale. */
  alive(): void;
  /** Silence is expected from here on, until `alive`. */
  rest(): void;
  /** Who broke the connection, unless it was the server, the network or the caller. */
  brokenBy(): LineBreak | undefined;
  /** How long a cut wants to stay away. */
  holdMs(): number | undefined;
  /** True when woken before the time. Throws when the caller aborts. */
  wait(ms: number): Promise<boolean>;
}

const defaultHoldMs = 3000;

export function createLine(outer: AbortSignal | undefined, timing: Timing): LineControl {
  let connection: AbortController | undefined;
  let staleTimer: ReturnType<typeof setTimeout> | undefined;
  let broken: LineBreak | undefined;
  let hold: number | undefined;
  let endWait: (() => void) | undefined;

  function stop(why: LineBreak): void {
    broken = why;
    connection?.abort(new Error(`the line was broken: ${why}`));
  }

  const onOuterAbort = () => connection?.abort(outer?.reason);

  return {
    open() {
      outer?.throwIfAborted();
      broken = undefined;
      hold = undefined;
      connection = new AbortController();
      outer?.addEventListener("abort", onOuterAbort, { once: true });
      staleTimer = setTimeout(() => stop("stale"), timing.staleMs);
      return connection.signal;
    },
    close() {
      clearTimeout(staleTimer);
      outer?.removeEventListener("abort", onOuterAbort);
      connection?.abort(); // whatever still hangs on it
      connection = undefined;
    },
    alive() {
      clearTimeout(staleTimer);
      staleTimer = setTimeout(() => stop("stale"), timing.staleMs);
    },
    rest() {
      clearTimeout(staleTimer);
    },
    cut(holdMs = defaultHoldMs) {
      hold = holdMs;
      if (connection) stop("cut");
    },
    wake() {
      endWait?.();
    },
    brokenBy: () => broken,
    holdMs: () => hold,
    async wait(ms) {
      outer?.throwIfAborted();
      if (ms <= 0) return false;
      const woken = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), ms);
        endWait = () => (clearTimeout(timer), resolve(true));
        outer?.addEventListener("abort", endWait, { once: true });
      });
      if (endWait) outer?.removeEventListener("abort", endWait);
      endWait = undefined;
      outer?.throwIfAborted();
      return woken;
    },
  };
}
