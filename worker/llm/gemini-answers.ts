import { parseJson } from "../../shared/parse-json.ts";
import { uniqueCitations } from "./citations.ts";
import type { Completion, FinishReason, ModelEvent, SearchAnswer } from "./model-client.ts";
import { afterFirstToken, ModelError } from "./model-error.ts";
import { field, listField, textField } from "./model-text.ts";
import { geminiError, geminiUsage } from "./gemini-wire.ts";
import { readEvents } from "./sse-lines.ts";
import type { SentCall } from "./tool-loop.ts";
import { noUsage, type Usage } from "./usage.ts";

/** One answer, or one piece of a streamed one. */
interface Piece {
  readonly text: string;
  readonly calls: readonly SentCall[];
  /** The content as it came, thought signatures and all: what has to precede tool results. */
  readonly said: unknown;
  readonly finish: FinishReason | undefined;
  readonly usage: Usage | undefined;
}

const refusals =
  /^(?:SAFETY|RECITATION|PROHIBITED_CONTENT|BLOCKLIST|SPII|IMAGE_SAFETY|LANGUAGE|OTHER)$/;

function readPiece(value: unknown, key?: string): Piece {
  if (field(value, "error") !== undefined) throw geminiError(value, undefined, undefined, key);
  const blocked = textField(field(value, "promptFeedback"), "blockReason");
  if (blocked !== undefined) {
    throw new ModelError("content_filter", "the prompt was blocked", { providerCode: blocked });
  }
  const candidate = listField(value, "candidates")[0];
  const reason = textField(candidate, "finishReason");
  if (reason !== undefined && refusals.test(reason)) {
    throw new ModelError("content_filter", "the answer was blocked", { providerCode: reason });
  }
  if (reason !== undefined && /MALFORMED|UNEXPECTED|TOO_MANY/.test(reason)) {
    throw new ModelError("bad_response", "a tool call that cannot be read", {
      providerCode: reason,
    });
  }
  const said = field(candidate, "content");
  const parts = listField(said, "parts").filter((part) => field(part, "thought") !== true);
  const calls = parts.flatMap((part, i) => {
    const call = field(part, "functionCall");
    if (call === undefined) return [];
    const id = textField(call, "id") ?? `call-${i}`;
    return [{ id, name: textField(call, "name") ?? "", args: field(call, "args") ?? {} }];
  });
  return {
    text: parts.map((part) => textField(part, "text") ?? "").join(""),
    calls,
    said,
    finish: reason === undefined ? undefined : readFinish(reason, calls.length > 0),
    usage: geminiUsage(value),
  };
}

function readFinish(reason: string, hasCalls: boolean): FinishReason {
  if (hasCalls) return "tool_calls";
  return reason === "MAX_TOKENS" ? "length" : "stop";
}

/**
 * Every event is a piece of the answer, the last ones with the finish reason and the usage; then the body
 * just ends. Its end without a finish reason is `cut_off`.
 */
export async function* readGeminiStream(
  chunks: AsyncIterable<Uint8Array>,
  key?: string,
): AsyncGenerator<ModelEvent> {
  let finish: FinishReason | undefined;
  let usage: Usage | undefined;
  let hasText = false;
  try {
    for await (const { data, isWhole } of readEvents(chunks)) {
      const value = parseJson(data);
      if (value === undefined) {
        if (!isWhole) break; // the body ended inside this event
        throw new ModelError("bad_response", "an event of the stream is not JSON");
      }
      const piece = readPiece(value, key);
      usage = piece.usage ?? usage;
      finish = piece.finish ?? finish;
      if (piece.text !== "") {
        hasText = true;
        yield { type: "text", text: piece.text };
      }
    }
    if (finish === undefined) {
      throw new ModelError("cut_off", "the stream ended before the answer did");
    }
    if (usage) yield { type: "usage", usage };
    yield { type: "finish", reason: finish };
  } catch (cause) {
    const told =
      cause instanceof RangeError ? new ModelError("bad_response", cause.message) : cause;
    throw hasText ? afterFirstToken(told) : told;
  }
}

export interface GeminiAnswer extends Completion {
  readonly calls: readonly SentCall[];
  readonly said: unknown;
}

export function readGeminiAnswer(json: unknown, key?: string): GeminiAnswer {
  const { text, calls, said, finish, usage } = readPiece(json, key);
  if (said === undefined && finish === undefined) {
    throw new ModelError("bad_response", "an answer without candidates");
  }
  return { text, calls, said, finish: finish ?? "stop", usage: usage ?? noUsage };
}

export function readGrounded(json: unknown, key?: string): SearchAnswer {
  const { text, usage } = readGeminiAnswer(json, key);
  const grounding = field(listField(json, "candidates")[0], "groundingMetadata");
  const citations = listField(grounding, "groundingChunks").map((chunk) => {
    const web = field(chunk, "web");
    return { url: textField(web, "uri") ?? "", title: textField(web, "title") ?? "" };
  });
  const queries = listField(grounding, "webSearchQueries").filter((one) => typeof one === "string");
  return { text, citations: uniqueCitations(citations), queries, usage };
}
