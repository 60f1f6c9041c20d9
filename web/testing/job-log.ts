import { createHash } from "node:crypto";

/** One event of a test job, as the wire carries it. */
export interface LoggedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A job log for tests: ids, token numbers and the ending are right unless a test bends them. */
export class JobLog {
  readonly jobId: string;
  readonly chatId: string;
  readonly question: string;
  readonly events: LoggedEvent[] = [];
  text = "";
  tokens = 0;
  lastSeq = 1000;
  input: unknown;
  isCancelled = false;
  private attempt = 0;
  private n = 0;
  private watchers = new Set<() => void>();
  private join: () => void = () => {};
  /** Resolves when the first reader is there. */
  readonly joined = new Promise<void>((resolve) => (this.join = resolve));

  constructor(jobId: string, chatId: string, question: string) {
    this.jobId = jobId;
    this.chatId = chatId;
    this.question = question;
  }

  get done(): LoggedEvent | undefined {
    const last = this.events.at(-1);
    return last?.event === "done" ? last : undefined;
  }

  append(event: string, fields: Record<string, unknown>): LoggedEvent {
    this.n += 1;
    const id = `${this.attempt}-${this.n}`;
    const header = { job_id: this.jobId, stream_id: id, ts: (Date.now() / 1000).toFixed(2) };
    const logged = { id, event, data: { ...header, stage: event, ...fields } };
    this.events.push(logged);
    for (const wake of this.watchers) wake();
    return logged;
  }

  stage(stage: string, status: string, more: Record<string, unknown> = {}): void {
    this.append(stage, { status, seq: 0, progress: 0, result: null, message: "", ...more });
  }

  token(content: string): void {
    this.lastSeq += 1;
    this.tokens += 1;
    this.text += content;
    this.append("token", { status: "streaming", seq: this.lastSeq, content, node: "answer" });
  }

  /** A worker died: the next attempt starts over. */
  newAttempt(): void {
    this.attempt = Date.now() + this.attempt + 1;
    this.n = 0;
    this.text = "";
    this.tokens = 0;
    this.append("token_recovery", {
      status: "snapshot",
      accumulated: "",
      last_seq: this.lastSeq,
      completed: false,
      reset: true,
    });
  }

  end(status = "completed", more: Record<string, unknown> = {}): void {
    const kept = status === "completed" || (status === "cancelled" && this.text !== "");
    this.append("done", {
      status,
      seq: 181,
      progress: 100,
      message: status === "completed" ? "" : "답변을 만드는 중 문제가 생겼어요.",
      result: {
        intent: "waste",
        answer: this.text,
        tokens: this.tokens,
        sha256: createHash("sha256").update(this.text).digest("hex"),
        eval: { grade: null, score: null },
        metadata: {},
        ...(status === "completed" ? {} : { error: "no", error_code: "INTERNAL" }),
        persistence: {
          conversation_id: this.chatId,
          user_message: `${this.jobId}:user`,
          assistant_message: kept ? `${this.jobId}:assistant` : null,
          assistant_message_created_at: kept ? new Date().toISOString() : null,
        },
        ...more,
      },
    });
  }

  /** What a reader with this cursor gets first, by section 5 of the protocol. */
  startFor(lastId: string | undefined): { first: LoggedEvent[]; next: number } | "nothing" {
    this.join();
    if (this.done && lastId === this.done.id) return "nothing";
    const next = this.events.length;
    const at = this.events.findIndex(({ id }) => id === lastId);
    if (at !== -1) return { first: this.events.slice(at + 1), next };
    if (this.done) return { first: [this.done], next };
    const stages = this.events.filter(
      ({ event }) => event !== "token" && event !== "token_recovery",
    );
    const isReset = lastId !== undefined;
    if (this.text === "" && !isReset) return { first: stages, next };
    const last = this.events.at(-1);
    const recovery: LoggedEvent = {
      id: last?.id ?? "0-1",
      event: "token_recovery",
      data: {
        job_id: this.jobId,
        stage: "token_recovery",
        status: "snapshot",
        accumulated: this.text,
        last_seq: this.lastSeq,
        completed: false,
        ...(isReset ? { reset: true } : {}),
      },
    };
    return { first: [...stages, recovery], next };
  }

  /** Resolves when something is appended, or after `ms`. */
  changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.watchers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.watchers.add(wake);
    });
  }
}
