import { askJson } from "./ask-json.ts";
import type {
  JsonRequest,
  Message,
  ModelClient,
  ModelSettings,
  ToolRequest,
} from "./model-client.ts";
import { callModel, streamModel } from "./model-http.ts";
import { readChatAnswer, readChatStream } from "./openai-chat.ts";
import { readSearch, searchBody } from "./openai-responses.ts";
import { chatBody, openaiCall } from "./openai-wire.ts";
import { strictSchema } from "./strict-schema.ts";
import { runTools, type ToolTalk } from "./tool-loop.ts";

const readMs = 60_000;
const visionMs = 30_000;

/**
 * OpenAI, or any server that speaks its Chat Completions (`baseUrl`); only OpenAI itself has `webSearch`.
 * Source: platform.openai.com, Chat Completions and Responses.
 */
export function openaiClient(settings: ModelSettings): ModelClient {
  const model = settings.model ?? "gpt-5.2";
  const readTimeoutMs = settings.readTimeoutMs ?? readMs;
  const { key } = settings;

  const ask = async (body: unknown, timeoutMs: number, signal: AbortSignal) => {
    const call = openaiCall(settings, "chat/completions", body, timeoutMs);
    return readChatAnswer(await callModel(call, signal), key);
  };
  const json = <T>(request: JsonRequest<T>, timeoutMs: number, signal: AbortSignal) => {
    const { name } = request;
    const format = { name, strict: true, schema: strictSchema(request.schema) };
    return askJson(request, (messages: readonly Message[]) => {
      const body = {
        ...chatBody(settings, request.model ?? model, { ...request, messages }),
        response_format: { type: "json_schema", json_schema: format },
      };
      return ask(body, timeoutMs, signal);
    });
  };

  const talk = (request: ToolRequest, signal: AbortSignal): ToolTalk<unknown> => ({
    ask(history, choice) {
      const base = chatBody(settings, request.model ?? model, request);
      const body = {
        ...base,
        messages: [...base.messages, ...history],
        tools: request.tools.map(({ name, description, parameters }) => ({
          type: "function",
          function: { name, description, strict: true, parameters: strictSchema(parameters) },
        })),
        tool_choice: choice,
        parallel_tool_calls: true,
      };
      return ask(body, readTimeoutMs, signal);
    },
    tell: (results) =>
      results.map(({ call, output }) => ({
        role: "tool",
        tool_call_id: call.id,
        content: output,
      })),
  });

  return {
    provider: "openai",
    model,
    stream(request, signal) {
      const body = {
        ...chatBody(settings, request.model ?? model, request),
        stream: true,
        stream_options: { include_usage: true },
      };
      const call = openaiCall(settings, "chat/completions", body, readTimeoutMs);
      return readChatStream(streamModel(call, signal), key);
    },
    async complete(request, signal) {
      const body = chatBody(settings, request.model ?? model, request);
      const { text, finish, usage } = await ask(body, readTimeoutMs, signal);
      return { text, finish, usage };
    },
    json: (request, signal) => json(request, readTimeoutMs, signal),
    vision: (request, signal) => json(request, settings.visionTimeoutMs ?? visionMs, signal),
    tools: (request, signal) => runTools(request, talk(request, signal), signal),
    webSearch(request, signal) {
      const call = openaiCall(settings, "responses", searchBody(request, model), readTimeoutMs);
      return readSearch(streamModel(call, signal), key);
    },
  };
}
