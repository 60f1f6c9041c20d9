import { clip } from "../../shared/apis/wire.ts";

const lineChars = 400;

/** Text from outside as one line of an answer: no control or direction marks, no markup that starts something. */
export function plain(text: string, max = lineChars): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .replace(/[<>`]/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return clip(line, max);
}
