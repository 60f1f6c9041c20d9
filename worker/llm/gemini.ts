import { askJson } from "./ask-json.ts";
import { readGeminiAnswer, readGeminiStream, readGrounded } from "./gemini-answers.ts";
import { geminiBody, geminiCall, type GeminiOptions, openApiSchema } from "./gemini-wire.ts";
import type {
  JsonRequest,
  Message,
  ModelClient,
  ModelRequest,
  ModelSettings,
  ToolRequest,
} from "./model-client.ts";
import { callModel, streamModel } from "./model-http.ts";
import { runTools, type ToolTalk } from "./tool-loop.ts";

const readMs = 60_000;
const visionMs = 30_000;

/** Google's Gemini. Source: ai.google.dev, generateContent. */
export function geminiClient(settings: ModelSettings): ModelClient {
  const model = settings.model ?? "gemini-3-flash-preview";
  const readTimeoutMs = settings.readTimeoutMs ?? readMs;
  const { key } = settings;

  const ask = (
    request: ModelRequest,
    options: GeminiOptions,
    timeoutMs: number,
    signal: AbortSignal,
  ) => {
    const body = geminiBody(request, options);
    const named = request.model ?? model;
    return callModel(geminiCall(settings, named, "generateContent", body, timeoutMs), signal);
  };
  const json = <T>(request: JsonRequest<T>, timeoutMs: number, signal: AbortSignal) => {
    const config = {
      responseMimeType: "application/json",
      responseJsonSchema: request.schema,
    };
    return askJson(request, async (messages: readonly Message[]) =>
      readGeminiAnswer(await ask({ ...request, messages }, { config }, timeoutMs, signal), key),
    );
  };
  const talk = (request: ToolRequest, signal: AbortSignal): ToolTalk<unknown> => ({
    async ask(history, choice) {
      const modes = { auto: "AUTO", required: "ANY", none: "NONE" } as const;
      const options = {
        history,
        tools: [
          {
            functionDeclarations: request.tools.map(({ name, description, parameters }) => ({
              name,
              description,
              parameters: openApiSchema(parameters),
            })),
          },
        ],
        toolConfig: { functionCallingConfig: { mode: modes[choice] } },
      };
      return readGeminiAnswer(await ask(request, options, readTimeoutMs, signal), key);
    },
    tell: (results) => [
      {
        role: "user",
        parts: results.map(({ call, output }) => ({
          functionResponse: {
            ...(call.id.startsWith("call-") ? {} : { id: call.id }),
            name: call.name,
            response: JSON.parse(output) as unknown,
          },
        })),
      },
    ],
  });

  return {
    provider: "google",
    model,
    stream(request, signal) {
      const named = request.model ?? model;
      const method = "streamGenerateContent?alt=sse";
      const call = geminiCall(settings, named, method, geminiBody(request), readTimeoutMs);
      return readGeminiStream(streamModel(call, signal), key);
    },
    async complete(request, signal) {
      const answer = readGeminiAnswer(await ask(request, {}, readTimeoutMs, signal), key);
      return { text: answer.text, finish: answer.finish, usage: answer.usage };
    },
    json: (request, signal) => json(request, readTimeoutMs, signal),
    vision: (request, signal) => json(request, settings.visionTimeoutMs ?? visionMs, signal),
    tools: (request, signal) => runTools(request, talk(request, signal), signal),
    async webSearch({ question, system, ...rest }, signal) {
      const messages: Message[] = [{ role: "user", content: question }];
      if (system !== undefined) messages.unshift({ role: "system", content: system });
      const options = { tools: [{ google_search: {} }] };
      return readGrounded(await ask({ ...rest, messages }, options, readTimeoutMs, signal), key);
    },
  };
}
