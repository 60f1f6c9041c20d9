import * as v from "valibot";
import { invalid } from "./body.ts";

/** The place of one item in a list: before it, the next page begins. `r` orders a question before its answer. */
export interface PageCursor {
  /** ISO 8601. */
  readonly t: string;
  /** Undefined for a bare time: everything before it. */
  readonly id: string | undefined;
  readonly r: 0 | 1;
}

const Time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/),
  v.check((text) => Number.isFinite(Date.parse(text)) && !text.startsWith("0000")),
);
const Packed = v.object({
  t: Time,
  id: v.pipe(v.string(), v.uuid(), v.toLowerCase()),
  r: v.optional(v.picklist([0, 1]), 0),
});

/** For the document: what `readPageCursor` takes. */
export const cursorQuery = v.optional(
  v.pipe(v.string(), v.description("`next_cursor` of an earlier page, or an ISO 8601 time.")),
);

export function writeCursor(t: string, id: string, r?: 0 | 1): string {
  return Buffer.from(JSON.stringify({ t, id, ...(r === undefined ? {} : { r }) })).toString(
    "base64url",
  );
}

/** Undefined without one. Throws `VALIDATION_ERROR` for what is neither a cursor of ours nor an ISO time. */
export function readPageCursor(text: string | undefined): PageCursor | undefined {
  if (text === undefined || text === "") return undefined;
  const bare = v.safeParse(Time, text);
  if (bare.success) return { t: bare.output, id: undefined, r: 0 };
  const packed = v.safeParse(Packed, unpack(text));
  if (packed.success) return packed.output;
  throw invalid([{ path: "cursor", message: "must be the next_cursor of an earlier page" }]);
}

function unpack(text: string): unknown {
  if (!/^[\w-]{1,400}$/.test(text)) return undefined;
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}
