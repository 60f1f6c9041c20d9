import * as v from "valibot";

/**
 * One entry of an assistant's memory, the newest at the head of its list. The shape is the one history stores of
 * LangChain read and write, so `content` of others may come in parts.
 */
export interface TurnItem {
  readonly type: "human" | "ai";
  readonly data: {
    readonly content: string;
    readonly additional_kwargs: {
      /** Milliseconds since 1970. */
      readonly ts: number;
      readonly job_id: string;
      /** Its turn was cancelled: this is what had been said. */
      readonly interrupted?: true;
    };
  };
}

/** Both entries of a turn, serialised: they are written together or not at all. */
export interface Turn {
  readonly human: string;
  readonly ai: string;
}

export function buildTurn(said: {
  readonly jobId: string;
  readonly question: string;
  readonly askedAtMs: number;
  readonly answer: string;
  readonly answeredAtMs: number;
  readonly isInterrupted: boolean;
}): Turn {
  const { jobId, isInterrupted } = said;
  const item = (type: TurnItem["type"], content: string, ts: number, more = {}): string => {
    const written: TurnItem = {
      type,
      data: { content, additional_kwargs: { ts, job_id: jobId, ...more } },
    };
    return JSON.stringify(written);
  };
  return {
    human: item("human", said.question, said.askedAtMs),
    ai: item("ai", said.answer, said.answeredAtMs, isInterrupted ? { interrupted: true } : {}),
  };
}

const Part = v.union([v.string(), v.object({ text: v.string() })]);
const Content = v.union([
  v.string(),
  v.pipe(
    v.array(v.union([Part, v.unknown()])),
    v.transform((parts) =>
      parts
        .flatMap((part) => {
          const known = v.safeParse(Part, part);
          if (!known.success) return [];
          return typeof known.output === "string" ? known.output : known.output.text;
        })
        .join("\n"),
    ),
  ),
]);
const Stored = v.object({
  type: v.picklist(["human", "ai"]),
  data: v.object({
    content: Content,
    additional_kwargs: v.optional(
      v.object({
        ts: v.optional(v.nullable(v.number())),
        job_id: v.optional(v.nullable(v.string())),
        interrupted: v.optional(v.boolean()),
      }),
      {},
    ),
  }),
});

/** An entry of the memory as it is used. */
export interface Remembered {
  readonly role: "user" | "assistant";
  readonly content: string;
  /** Undefined where another program wrote it. */
  readonly ts: number | undefined;
  readonly jobId: string | undefined;
  readonly isInterrupted: boolean;
}

/** Reads the list, the newest first, and returns it the oldest first. What is no message of either is left out. */
export function readTurns(newestFirst: readonly string[]): Remembered[] {
  return newestFirst.toReversed().flatMap((text) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Stored), text);
    if (!parsed.success) return [];
    const { type, data } = parsed.output;
    const { ts, job_id, interrupted } = data.additional_kwargs;
    return {
      role: type === "human" ? ("user" as const) : ("assistant" as const),
      content: data.content,
      ts: ts ?? undefined,
      jobId: job_id ?? undefined,
      isInterrupted: interrupted ?? false,
    };
  });
}
