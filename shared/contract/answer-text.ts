import { createHash } from "node:crypto";

/** What a reader of the log holds: the text since the last reset, its token count, the last token number. */
export interface AnswerText {
  readonly text: string;
  readonly tokens: number;
  readonly lastSeq: number;
}

export const noText: AnswerText = { text: "", tokens: 0, lastSeq: 0 };

/** One log entry on top of what came before. Other events than tokens and resets change nothing. */
export function addToText(before: AnswerText, event: string, data: string): AnswerText {
  if (event !== "token" && event !== "token_recovery") return before;
  const body = JSON.parse(data) as {
    content?: string;
    seq?: number;
    first_seq?: number;
    accumulated?: string;
    last_seq?: number;
  };
  if (event === "token_recovery") {
    return { text: body.accumulated ?? "", tokens: 0, lastSeq: body.last_seq ?? before.lastSeq };
  }
  const seq = body.seq ?? before.lastSeq + 1;
  return {
    text: before.text + (body.content ?? ""),
    tokens: before.tokens + seq - (body.first_seq ?? seq) + 1,
    lastSeq: seq,
  };
}

/** Hex sha256 of the UTF-8 text: what `done.result.sha256` carries. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
