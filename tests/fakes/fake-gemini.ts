import { type FakeServer, type SeenRequest, startFake } from "./fake-server.ts";
import { dataEvent, streamEvents, type StreamManner } from "./fake-stream.ts";
import { tinyPng } from "./fake-openai.ts";

/** What the fake model says to one request. */
export interface GeminiReply {
  readonly text?: string;
  readonly finishReason?: string | null;
  /** The prompt is blocked: no candidates at all. */
  readonly blockReason?: string;
  readonly calls?: readonly { readonly name: string; readonly args: unknown }[];
  readonly hasImage?: boolean;
  readonly sources?: readonly { readonly uri: string; readonly title: string }[];
  readonly manner?: StreamManner;
}

/** The real bodies of errors. */
export const geminiErrors = {
  badKey: {
    status: 400,
    body: JSON.stringify({
      error: {
        code: 400,
        message: "API key not valid. Please pass a valid API key.",
        status: "INVALID_ARGUMENT",
        details: [
          { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
        ],
      },
    }),
  },
  exhausted: (retryDelay?: string) => ({
    status: 429,
    body: JSON.stringify({
      error: {
        code: 429,
        message: "Resource has been exhausted.",
        status: "RESOURCE_EXHAUSTED",
        details: retryDelay
          ? [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }]
          : [],
      },
    }),
  }),
} as const;

const usageMetadata = {
  promptTokenCount: 20,
  cachedContentTokenCount: 5,
  candidatesTokenCount: 6,
  thoughtsTokenCount: 3,
  totalTokenCount: 29,
};

/** Gemini's wire: generateContent and streamGenerateContent?alt=sse. */
export function fakeGemini(reply: (request: SeenRequest) => GeminiReply): FakeServer {
  return startFake((request) => {
    const said = reply(request);
    const isStream = request.path.endsWith(":streamGenerateContent");
    if (!isStream) return Response.json(answerOf(said, partsOf(said)));
    if (request.query.get("alt") !== "sse") return Response.json([answerOf(said, partsOf(said))]);
    return streamEvents(eventsOf(said), said.manner);
  });
}

function partsOf(reply: GeminiReply): unknown[] {
  return [
    { text: "thinking it over", thought: true },
    ...(reply.hasImage ? [{ inlineData: { mimeType: "image/png", data: tinyPng } }] : []),
    ...(reply.text === undefined ? [] : [{ text: reply.text }]),
    ...(reply.calls ?? []).map((functionCall) => ({ functionCall, thoughtSignature: "sig-1" })),
  ];
}

function answerOf(reply: GeminiReply, parts: readonly unknown[]): object {
  if (reply.blockReason)
    return { promptFeedback: { blockReason: reply.blockReason }, usageMetadata };
  const groundingMetadata = {
    webSearchQueries: ["재활용"],
    groundingChunks: (reply.sources ?? []).map((web) => ({ web })),
  };
  const finishReason = reply.finishReason === undefined ? "STOP" : reply.finishReason;
  const candidate = {
    content: { role: "model", parts },
    index: 0,
    ...(finishReason === null ? {} : { finishReason }),
    ...(reply.sources ? { groundingMetadata } : {}),
  };
  return { candidates: [candidate], usageMetadata, modelVersion: "fake" };
}

function eventsOf(reply: GeminiReply): string[] {
  if (reply.blockReason) return [dataEvent(answerOf(reply, []))];
  const middle = Array.from(reply.text ?? "").map((text) =>
    dataEvent(answerOf({ finishReason: null }, [{ text }])),
  );
  const thought = dataEvent(answerOf({ finishReason: null }, [{ text: "hm", thought: true }]));
  return [thought, ...middle, dataEvent(answerOf(reply, [{ text: "" }]))];
}
