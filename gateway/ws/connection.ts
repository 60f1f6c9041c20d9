// One WebSocket, whatever it talks about.
// waiting  made for an upgrade; the server has not opened it yet
// open     frames go to the talk; pinged, counted, and looked at by `tick`
// closing  we sent a closing frame: nothing is read or sent any more; cut if the other side does not answer
// closed   the server said so. Entered from everywhere, never left.
import { ws } from "../../shared/limits.ts";
import type { Principal } from "../gate/verify.ts";
import { type CloseCode, closeCodes, closeReasons } from "./close-codes.ts";
import type { RawSocket, SocketEvents } from "./port.ts";

/** What a socket is used for. None may throw. */
export interface Talk {
  onText(text: string): void;
  /** A binary frame came; none of our protocols has any. */
  onBinary(): void;
  /** Once, whoever closed it. */
  onClosed(): void;
}

/** How many frames of one socket are handled. */
export interface FrameRules {
  readonly burst: number;
  readonly perSecond: number;
}

export const defaultFrames: FrameRules = { burst: ws.frameBurst, perSecond: ws.framesPerSecond };

export interface ConnectionOptions {
  readonly frames: FrameRules;
  /** Undefined: nobody signed in, and nobody need be. */
  readonly principal: Principal | undefined;
  /** Of the client, as it is counted. */
  readonly address: string;
  readonly isRevoked: () => boolean;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Monotonic ms at which its token has run out for good. */
  readonly expiresAt: number;
  /** Set: closed with it as soon as it is open. Closing codes can only be said after the upgrade. */
  readonly refusal: CloseCode | undefined;
  readonly begin: (connection: Connection) => Talk;
  readonly onOpened: (connection: Connection) => void;
  readonly onClosed: (connection: Connection, code: number, reason: string) => void;
}

export class Connection implements SocketEvents {
  /** Why we close it. */
  closedBy: CloseCode | undefined;
  readonly #options: ConnectionOptions;
  #raw: RawSocket | undefined;
  #talk: Talk | undefined;
  #isOpen = false;
  #heardAt: number;
  #pingedAt: number;
  /** Monotonic ms at which we sent the closing frame. */
  #closedAt = 0;
  #malformed = 0;
  #strikes = 0;
  #tokens: number;
  #filledAt: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#tokens = options.frames.burst;
    this.#heardAt = this.#pingedAt = this.#filledAt = options.now();
  }

  get principal(): Principal | undefined {
    return this.#options.principal;
  }

  get address(): string {
    return this.#options.address;
  }

  /** False from the first closing frame on. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends a text frame. A client that takes nothing for 4 MiB is closed; a closed one hears nothing. */
  send(text: string): void {
    if (!this.#isOpen || !this.#raw) return;
    this.#raw.send(text);
    if (this.#raw.getBufferedAmount() > ws.waitingBytes) this.close(closeCodes.slow);
  }

  close(code: CloseCode): void {
    if (!this.#isOpen || !this.#raw) return;
    this.#isOpen = false;
    this.closedBy = code;
    this.#closedAt = this.#options.now();
    this.#raw.close(code, closeReasons[code]);
  }

  /** Cuts it, closing frame or not. */
  cut(): void {
    this.#isOpen = false;
    this.#raw?.terminate();
  }

  /** A frame that is none of the protocol's. The third in a row ends the connection. */
  countMalformed(): void {
    if (++this.#malformed >= ws.malformedInRow) this.close(closeCodes.malformed);
  }

  countWellFormed(): void {
    this.#malformed = 0;
  }

  /**
   * Takes one frame from the socket's own bucket. 0: allowed; else milliseconds until the next one. Whoever
   * goes on and on gets closed.
   */
  spend(): number {
    const now = this.#options.now();
    const { burst, perSecond } = this.#options.frames;
    const refilled = this.#tokens + ((now - this.#filledAt) * perSecond) / 1000;
    this.#tokens = Math.min(burst, refilled);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens--;
      this.#strikes = 0;
      return 0;
    }
    this.strike();
    return Math.ceil(((1 - this.#tokens) * 1000) / perSecond);
  }

  /** A limit was passed. Too often in a row ends the connection. */
  strike(): void {
    if (++this.#strikes >= ws.strikes) this.close(closeCodes.flooding);
  }

  /** Pings, and the ends that come by time. */
  tick(now: number): void {
    if (!this.#isOpen) {
      if (this.#closedAt > 0 && now - this.#closedAt >= ws.lingerMs) this.cut();
      return;
    }
    const { isRevoked, expiresAt } = this.#options;
    if (isRevoked()) return this.close(closeCodes.forbidden);
    if (now >= expiresAt) return this.close(closeCodes.unauthorized);
    if (now - this.#heardAt >= ws.idleMs) return this.close(closeCodes.idle);
    if (now - this.#pingedAt < ws.pingMs) return;
    this.#pingedAt = now;
    this.#raw?.ping();
  }

  onOpen(raw: RawSocket): void {
    this.#raw = raw;
    this.#isOpen = true;
    this.#options.onOpened(this);
    const { refusal, begin } = this.#options;
    if (refusal !== undefined) return this.close(refusal);
    this.#talk = begin(this);
  }

  onFrame(frame: string | Uint8Array): void {
    if (!this.#isOpen) return;
    this.#heardAt = this.#options.now();
    if (typeof frame === "string") this.#talk?.onText(frame);
    else this.#talk?.onBinary();
  }

  onPong(): void {
    this.#heardAt = this.#options.now();
  }

  onClose(code: number, reason: string): void {
    this.#isOpen = false;
    this.#raw = undefined;
    this.#options.onClosed(this, code, reason);
    this.#talk?.onClosed();
  }
}
