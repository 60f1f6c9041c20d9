import { type FakeServer, type SeenRequest, startFake } from "./fake-server.ts";
import { dataEvent, namedEvent, streamEvents, type StreamManner } from "./fake-stream.ts";

/** What the fake model says to one request. */
export interface OpenAiReply {
  readonly text?: string;
  readonly refusal?: string;
  readonly finishReason?: "stop" | "length" | "tool_calls" | "content_filter" | null;
  readonly calls?: readonly { readonly name: string; readonly arguments: string }[];
  /** The stream ends with this error object instead of a finish. */
  readonly errorInStream?: { readonly message: string; readonly code?: string };
  readonly isWithoutDone?: boolean;
  readonly manner?: StreamManner;
  readonly sources?: readonly { readonly url: string; readonly title: string }[];
}

/** The real bodies of errors. */
export const openAiErrors = {
  badKey: (key: string) => ({
    status: 401,
    body: JSON.stringify({
      error: {
        message: `Incorrect API key provided: ${key}.`,
        type: "invalid_request_error",
        code: "invalid_api_key",
      },
    }),
  }),
  noQuota: {
    status: 429,
    body: JSON.stringify({
      error: { message: "You exceeded your current quota.", code: "insufficient_quota" },
    }),
  },
  rateLimit: (retryAfter: string) => ({
    status: 429,
    headers: { "retry-after": retryAfter, "x-request-id": "req_1" },
    body: JSON.stringify({ error: { message: "Slow down.", code: "rate_limit_exceeded" } }),
  }),
  policy: {
    status: 400,
    body: JSON.stringify({ error: { message: "No.", code: "content_policy_violation" } }),
  },
} as const;

/** A picture of one pixel. */
export const tinyPng =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

/** OpenAI's wire: chat completions streamed and whole, responses, images. */
export function fakeOpenAi(reply: (request: SeenRequest) => OpenAiReply): FakeServer {
  return startFake((request) => {
    if (request.path.startsWith("/images/")) {
      return Response.json({ created: 1, data: [{ b64_json: tinyPng, revised_prompt: "a cup" }] });
    }
    const said = reply(request);
    if (request.path === "/responses") return streamEvents(responseEvents(said), said.manner);
    if (request.path !== "/chat/completions") return new Response(null, { status: 404 });
    if (request.json["stream"] === true) return streamEvents(chatEvents(said), said.manner);
    return Response.json(chatAnswer(said));
  });
}

function toolCalls(reply: OpenAiReply) {
  return reply.calls?.map((call, i) => ({ id: `call_${i}`, type: "function", function: call }));
}

function chatAnswer(reply: OpenAiReply) {
  const calls = toolCalls(reply);
  const message = {
    role: "assistant",
    content: reply.text ?? null,
    refusal: reply.refusal ?? null,
    ...(calls ? { tool_calls: calls } : {}),
  };
  const finish_reason = reply.finishReason ?? (calls ? "tool_calls" : "stop");
  return {
    id: "c1",
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason }],
    usage,
  };
}

/** Three characters a chunk, as a model would. */
function pieces(text: string): string[] {
  const characters = Array.from(text);
  return Array.from({ length: Math.ceil(characters.length / 3) }, (_, i) =>
    characters.slice(i * 3, i * 3 + 3).join(""),
  );
}

function chatEvents(reply: OpenAiReply): string[] {
  const chunk = (delta: object, finish_reason: string | null = null) =>
    dataEvent({
      id: "c1",
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason }],
    });
  const finish = reply.finishReason === undefined ? "stop" : reply.finishReason;
  return [
    ": a comment\n\n",
    chunk({ role: "assistant", content: "" }),
    ...pieces(reply.text ?? "").map((content) => chunk({ content })),
    ...(reply.refusal === undefined ? [] : [chunk({ refusal: reply.refusal })]),
    ...(reply.errorInStream ? [dataEvent({ error: reply.errorInStream })] : []),
    ...(finish === null ? [] : [chunk({}, finish), dataEvent({ id: "c1", choices: [], usage })]),
    ...(finish === null || reply.isWithoutDone ? [] : ["data: [DONE]\n\n"]),
  ];
}

function responseEvents(reply: OpenAiReply): string[] {
  const text = reply.text ?? "";
  const annotations = (reply.sources ?? []).map((source) => ({ type: "url_citation", ...source }));
  const response = {
    id: "r1",
    status: "completed",
    output: [
      { type: "web_search_call", status: "completed", action: { type: "search", query: "재활용" } },
      { type: "message", content: [{ type: "output_text", text, annotations }] },
    ],
    usage: { input_tokens: 30, output_tokens: 9 },
  };
  const start = [
    { type: "response.created" },
    { type: "response.web_search_call.searching" },
    ...pieces(text).map((delta) => ({ type: "response.output_text.delta", delta })),
  ].map(namedEvent);
  if (reply.errorInStream) return [...start, namedEvent({ type: "error", ...reply.errorInStream })];
  if (reply.finishReason === null) return start;
  return [...start, namedEvent(Object.assign({ type: "response.completed" }, { response }))];
}
