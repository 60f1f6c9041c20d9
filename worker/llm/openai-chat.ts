import { parseJson } from "../../shared/parse-json.ts";
import type { Completion, FinishReason, ModelEvent } from "./model-client.ts";
import { afterFirstToken, ModelError } from "./model-error.ts";
import { field, listField, textField } from "./model-text.ts";
import { chatUsage, openaiError } from "./openai-wire.ts";
import { createEventParser, type ServerEvent } from "./sse-lines.ts";
import type { SentCall } from "./tool-loop.ts";
import { noUsage, type Usage } from "./usage.ts";

/**
 * States of a stream: *talking* until a `finish_reason`, then *finishing* until `[DONE]` or the end of the
 * body; usage may come in either. The end of the body while talking is `cut_off`; an error object ends it
 * anywhere.
 */
export async function* readChatStream(
  chunks: AsyncIterable<Uint8Array>,
  key?: string,
): AsyncGenerator<ModelEvent> {
  const parser = createEventParser();
  let reason: string | undefined;
  let usage: Usage | undefined;
  let refusal = "";
  let isDone = false;
  let isOver = false;
  let hasText = false;

  /** The text of an event; undefined when nothing after it counts. */
  const take = ({ event, data, isWhole }: ServerEvent): string | undefined => {
    if (data.trim() === "[DONE]") {
      isDone = true;
      return undefined;
    }
    const chunk = parseJson(data);
    if (chunk === undefined) {
      if (!isWhole) return undefined; // the body ended inside this event
      throw new ModelError("bad_response", "an event of the stream is not JSON");
    }
    const error = field(chunk, "error");
    if ((error !== undefined && error !== null) || event === "error") {
      throw openaiError(chunk, undefined, undefined, key);
    }
    usage = chatUsage(chunk) ?? usage;
    const choice = listField(chunk, "choices")[0];
    const delta = field(choice, "delta");
    refusal += textField(delta, "refusal") ?? "";
    reason = textField(choice, "finish_reason") ?? reason;
    const text = textField(delta, "content") ?? "";
    hasText ||= text !== "";
    return text;
  };

  function* textsOf(events: readonly ServerEvent[]): Generator<string> {
    for (const event of events) {
      const text = take(event);
      if (text === undefined) {
        isOver = true;
        return;
      }
      if (text !== "") yield text;
    }
  }

  try {
    for await (const chunk of chunks) {
      for (const text of textsOf(parser.take(chunk))) yield { type: "text", text };
      if (isOver) break;
    }
    if (!isOver) for (const text of textsOf(parser.end())) yield { type: "text", text };
    if (reason === undefined && !isDone) {
      throw new ModelError("cut_off", "the stream ended before the answer did");
    }
    const finish = readFinish(reason, refusal !== "" && !hasText);
    if (usage) yield { type: "usage", usage };
    yield { type: "finish", reason: finish };
  } catch (cause) {
    throw hasText ? afterFirstToken(eventTooLarge(cause)) : eventTooLarge(cause);
  }
}

function eventTooLarge(cause: unknown): unknown {
  return cause instanceof RangeError ? new ModelError("bad_response", cause.message) : cause;
}

function readFinish(reason: string | undefined, isRefusal: boolean): FinishReason {
  if (reason === "content_filter" || isRefusal) {
    throw new ModelError("content_filter", "the model refused", { providerCode: reason });
  }
  if (reason === "length" || reason === "tool_calls") return reason;
  return reason === "function_call" ? "tool_calls" : "stop";
}

/** An answer that was not streamed. */
export interface ChatAnswer extends Completion {
  readonly calls: readonly SentCall[];
  /** The assistant's message as it came: what has to precede tool results. */
  readonly said: unknown;
}

export function readChatAnswer(json: unknown, key?: string): ChatAnswer {
  const error = field(json, "error");
  if (error !== undefined && error !== null) throw openaiError(json, undefined, undefined, key);
  const choice = listField(json, "choices")[0];
  const said = field(choice, "message");
  if (said === undefined) throw new ModelError("bad_response", "an answer without choices");
  const text = textField(said, "content") ?? "";
  const isRefusal = text === "" && (textField(said, "refusal") ?? "") !== "";
  const calls = listField(said, "tool_calls").map((call, i) => {
    const called = field(call, "function");
    return {
      id: textField(call, "id") ?? `call-${i}`,
      name: textField(called, "name") ?? "",
      args: field(called, "arguments") ?? "",
    };
  });
  return {
    text,
    finish: readFinish(textField(choice, "finish_reason"), isRefusal),
    usage: chatUsage(json) ?? noUsage,
    calls,
    said,
  };
}
