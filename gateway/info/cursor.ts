import type { Before } from "../../shared/news/feed.ts";
import { AppError } from "../../shared/errors.ts";

/** `<ms>_<id>`; ids are ours (`worker/news/clean.ts`). A bare `<ms>` is what an older client may hold. */
const pattern = /^(\d{1,15})(?:_([\w-]{1,64}))?$/;

/** Undefined without one. Throws `INVALID_CURSOR_FORMAT` for what is no cursor of this list. */
export function readCursor(text: string | undefined): Before | undefined {
  if (text === undefined || text === "") return undefined;
  const match = pattern.exec(text);
  if (!match) throw new AppError("INVALID_CURSOR_FORMAT");
  return { ms: Number(match[1]), id: match[2] };
}

export function writeCursor(before: Before): string {
  return before.id === undefined ? String(before.ms) : `${before.ms}_${before.id}`;
}
