// When a chat outgrows its model, what came before is told in a summary (contract 7.12). One token is estimated as
// two characters: a word of Korean is about that.
import type { MemoryMessage } from "./message.ts";

/** What was compressed away, as the one system message of the memory. */
export interface Summary {
  readonly id: "summary";
  readonly role: "system";
  readonly content: string;
}
export const summaryOf = (content: string): Summary => ({ id: "summary", role: "system", content });

interface Window {
  readonly windowTokens: number;
  readonly outputTokens: number;
}
const gpt: Window = { windowTokens: 400_000, outputTokens: 128_000 };
const gemini: Window = { windowTokens: 1_000_000, outputTokens: 64_000 };
const windows: readonly (readonly [string, Window])[] = [
  ["gpt-5.2", gpt],
  ["gpt-5.2-thinking", gpt],
  ["gpt-5.1", gpt],
  ["gpt-5", gpt],
  ["gemini-3-flash-preview", gemini],
  ["gemini-3-pro-preview", gemini],
  // ours: the offline mode reads topics, not transcripts, so its chats need not keep half a megabyte
  ["local", { windowTokens: 40_000, outputTokens: 8_000 }],
];

const charsPerToken = 2;
const summaryShare = 0.15;
const summaryTokens = { least: 20_000, most: 65_536 } as const;
const protectedTokens = 40_000;
const tokensPerMessage = 500;
const leastProtected = 10;
const inputShare = 0.7;
/** An input that is cut keeps this much of what it may have: the estimate is one. */
const cutSafety = 0.9;

export interface Sizes {
  /** Above this a chat is compressed. */
  readonly triggerTokens: number;
  readonly summaryTokens: number;
  readonly protectedMessages: number;
  readonly protectedTokens: number;
  /** Most a summarizer may be given. */
  readonly inputTokens: number;
}

/** By exact name, else by the longest that begins it, else as for gpt-5.2. */
export function sizesFor(model: string): Sizes {
  const name = model.replace(/^(?:openai|google|local)\//, "");
  const prefixed = windows
    .filter(([known]) => name.startsWith(known))
    .toSorted(([a], [b]) => b.length - a.length)[0];
  const { windowTokens, outputTokens } = prefixed?.[1] ?? gpt;
  const triggerTokens = windowTokens - outputTokens;
  const safe = Math.min(protectedTokens, triggerTokens / 2);
  return {
    triggerTokens,
    summaryTokens: clamp(windowTokens * summaryShare, summaryTokens.least, summaryTokens.most),
    protectedMessages: Math.max(leastProtected, Math.floor(safe / tokensPerMessage)),
    protectedTokens: safe,
    inputTokens: Math.floor(triggerTokens * inputShare),
  };
}

const clamp = (value: number, least: number, most: number) =>
  Math.round(Math.min(most, Math.max(least, value)));

export function estimateTokens(messages: readonly { readonly content: string }[]): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0) / charsPerToken;
}

/** Messages that must give way to a summary, oldest first; empty while the chat fits its model. */
export function outgrown(
  messages: readonly MemoryMessage[],
  summary: Summary | null,
  sizes: Sizes,
): readonly MemoryMessage[] {
  const all = summary ? [summary, ...messages] : messages;
  if (estimateTokens(all) <= sizes.triggerTokens) return [];
  let kept = Math.min(messages.length, sizes.protectedMessages);
  // few messages, but long ones: then tokens bound what is protected
  while (kept > leastProtected && estimateTokens(messages.slice(-kept)) > sizes.protectedTokens) {
    kept--;
  }
  return messages.slice(0, messages.length - kept);
}

/** The text a summarizer reads; undefined when it cannot fit. Too long, its beginning goes. */
export function transcript(
  old: readonly MemoryMessage[],
  summary: Summary | null,
  instructionChars: number,
  sizes: Sizes,
): string | undefined {
  const before = summary ? `[지난 요약]\n${summary.content}\n\n` : "";
  const said = old.map(({ role, content }) => `[${role}] ${content}`).join("\n");
  const room = sizes.inputTokens * charsPerToken - instructionChars - before.length;
  if (room <= 0) return undefined;
  if (said.length <= room) return before + said;
  return before + said.slice(-Math.floor(room * cutSafety));
}

const sections = 5;

/** A summary worth deleting messages for, within its budget; undefined when it is not one. */
export function acceptSummary(text: string, sizes: Sizes): string | undefined {
  const trimmed = text.trim();
  const headings = trimmed.match(/^#{1,3} \S/gm)?.length ?? 0;
  if (headings < sections) return undefined;
  const most = sizes.summaryTokens * charsPerToken;
  return trimmed.length <= most ? trimmed : undefined;
}
