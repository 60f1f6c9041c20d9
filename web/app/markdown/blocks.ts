import { Lexer, type Token } from "marked";

/** A text as blocks. What is settled cannot change any more however the text goes on. */
export interface Blocks {
  readonly settledSource: string;
  readonly settled: readonly Token[];
  readonly live: readonly Token[];
}

export const noBlocks: Blocks = { settledSource: "", settled: [], live: [] };

/** A list or paragraph may still grow over a blank line, so the last blocks stay live. */
const liveBlocks = 2;

/** Parses the text, and of a text that grew only its live end. */
export function toBlocks(source: string, before: Blocks = noBlocks): Blocks {
  const grew = source.startsWith(before.settledSource);
  const kept = grew ? before : noBlocks;
  const tokens: Token[] = new Lexer({ gfm: true, breaks: true }).lex(
    source.slice(kept.settledSource.length),
  );
  const border = settledBorder(tokens);
  const newlySettled = tokens.slice(0, border);
  return {
    settledSource: kept.settledSource + newlySettled.map((token) => token.raw).join(""),
    settled: [...kept.settled, ...newlySettled],
    live: tokens.slice(border),
  };
}

function settledBorder(tokens: readonly Token[]): number {
  let blocks = 0;
  for (let i = tokens.length - 1; i >= 0; i -= 1) {
    if (tokens[i]?.type !== "space") blocks += 1;
    if (blocks > liveBlocks) return i + 1;
  }
  return 0;
}
