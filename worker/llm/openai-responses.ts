import { parseJson } from "../../shared/parse-json.ts";
import { uniqueCitations } from "./citations.ts";
import type { SearchAnswer, SearchRequest } from "./model-client.ts";
import { ModelError } from "./model-error.ts";
import { countField, field, listField, textField } from "./model-text.ts";
import { openaiError } from "./openai-wire.ts";
import { readEvents } from "./sse-lines.ts";

/** Tokens an answer with search may have unless the caller says. */
const defaultMaxTokens = 2000;

/** A search by the Responses API. Streamed: a search is slow, and its events show that it is alive. */
export function searchBody(request: SearchRequest, model: string): object {
  return {
    model: request.model ?? model,
    ...(request.system === undefined ? {} : { instructions: request.system }),
    input: [{ role: "user", content: [{ type: "input_text", text: request.question }] }],
    tools: [
      {
        type: "web_search",
        search_context_size: "medium",
        user_location: { type: "approximate", country: "KR", timezone: "Asia/Seoul" },
      },
    ],
    tool_choice: "required",
    max_output_tokens: request.maxTokens ?? defaultMaxTokens,
    store: false,
    stream: true,
  };
}

/**
 * Reads the events of one response up to `response.completed`, which carries all of it. A response the
 * token limit cut (`incomplete`) counts when it has text.
 */
export async function readSearch(
  chunks: AsyncIterable<Uint8Array>,
  key?: string,
): Promise<SearchAnswer> {
  for await (const { event, data } of readEvents(chunks)) {
    const value = parseJson(data);
    const type = textField(value, "type") ?? event;
    const response = field(value, "response");
    if (type === "response.completed") return readResponse(response);
    if (type === "response.incomplete") {
      const answer = readResponse(response);
      const reason = textField(field(response, "incomplete_details"), "reason");
      if (answer.text !== "" && reason === "max_output_tokens") return answer;
      const kind = reason === "content_filter" ? "content_filter" : "bad_response";
      throw new ModelError(kind, "the search was not completed", { providerCode: reason });
    }
    if (type === "response.failed") {
      throw openaiError(field(response, "error"), undefined, undefined, key);
    }
    if (type === "error") throw openaiError(value, undefined, undefined, key);
  }
  throw new ModelError("cut_off", "the stream ended before the search did");
}

function readResponse(response: unknown): SearchAnswer {
  const items = listField(response, "output");
  const contents = items
    .filter((item) => textField(item, "type") === "message")
    .flatMap((item) => listField(item, "content"));
  const refusal = contents.find((part) => textField(part, "type") === "refusal");
  const texts = contents.filter((part) => textField(part, "type") === "output_text");
  const text = texts.map((part) => textField(part, "text") ?? "").join("");
  if (text === "" && refusal) throw new ModelError("content_filter", "the model refused");
  const usage = field(response, "usage");
  return {
    text,
    citations: uniqueCitations(
      texts.flatMap((part) =>
        listField(part, "annotations").map((note) => ({
          url: textField(note, "url") ?? "",
          title: textField(note, "title") ?? "",
        })),
      ),
    ),
    queries: items.flatMap((item) => textField(field(item, "action"), "query") ?? []),
    usage: {
      inputTokens: countField(usage, "input_tokens"),
      cachedInputTokens: countField(field(usage, "input_tokens_details"), "cached_tokens"),
      outputTokens: countField(usage, "output_tokens"),
      reasoningTokens: countField(field(usage, "output_tokens_details"), "reasoning_tokens"),
    },
  };
}
