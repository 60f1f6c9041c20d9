/** What a socket may hear instead of an answer. */
export type LocalError =
  | "bad_payload"
  | "empty_message"
  | "busy"
  | "session_busy"
  | "rate_limited"
  | "llm_unavailable"
  | "timeout"
  | "cancelled"
  | "internal";

/** What of a stage event a client sees. */
export interface StageNews {
  readonly stage: string;
  readonly status: string;
  readonly progress: number;
}

/** How a socket is spoken to: the frames of one of the two modes. */
export interface Voice {
  /** A turn begins. */
  begin(sid: string): void;
  stage(news: StageNews): void;
  token(text: string): void;
  /** The answer starts over, with this text. */
  reset(text: string): void;
  /** The end of a turn. False when it could not be said: the listener heard something else before. */
  done(reply: string, jobId: string): boolean;
  error(code: LocalError, message?: string): void;
  /** The socket is gone. */
  close(): void;
}
