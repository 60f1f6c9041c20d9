// A model server of the benchmarks: OpenAI's wire, a fixed time to think, then tokens at a fixed rate, each with the
// time it was made. The pace is the model's name, `think=1000,rate=20,tokens=200` (ms, tokens/s, tokens), so each message
// chooses its own through the real API. `chars=400`: tokens of so many characters, known beforehand instead of stamped;
// `bytewise=1`: every byte of the wire is a write of its own. Prints its port.
import { plainToken } from "./plain.ts";
import { nowMs, stampToken } from "./stamp.ts";

const tickMs = 2;

interface Talk {
  readonly startAt: number;
  readonly perMs: number;
  readonly tokens: number;
  readonly chars: number;
  readonly isBytewise: boolean;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  sent: number;
}
const talks = new Set<Talk>();
const encoder = new TextEncoder();
const chunk = (choice: object) =>
  `data: ${JSON.stringify({ id: "b", object: "chat.completion.chunk", choices: [{ index: 0, ...choice }] })}\n\n`;
const [before = "", after = ""] = chunk({ delta: { content: "%" }, finish_reason: null }).split(
  "%",
);
const start = chunk({ delta: { role: "assistant", content: "" }, finish_reason: null });
const end = `${chunk({ delta: {}, finish_reason: "stop" })}data: [DONE]\n\n`;

function write({ controller, isBytewise }: Talk, text: string): void {
  const bytes = encoder.encode(text);
  if (!isBytewise) return controller.enqueue(bytes);
  for (let at = 0; at < bytes.length; at++) controller.enqueue(bytes.slice(at, at + 1));
}

/** One timer for all: what is due of each answer goes out in one write. */
setInterval(() => {
  const now = nowMs();
  for (const talk of talks) {
    const due = Math.min(talk.tokens, Math.floor((now - talk.startAt) * talk.perMs) + 1);
    if (due <= talk.sent) continue;
    let text = "";
    for (; talk.sent < due; talk.sent++) {
      const token = talk.chars > 0 ? plainToken(talk.sent, talk.chars) : stampToken();
      text += `${before}${token}${after}`;
    }
    if (talk.sent === talk.tokens) {
      talks.delete(talk);
      write(talk, text + end);
      talk.controller.close();
    } else write(talk, text);
  }
}, tickMs);

function paceOf(model: string) {
  const read = (name: string, otherwise: number) =>
    Number(new RegExp(`${name}=(\\d+(?:\\.\\d+)?)`).exec(model)?.[1] ?? otherwise);
  return {
    think: read("think", 0),
    rate: read("rate", 50),
    tokens: read("tokens", 200),
    chars: read("chars", 0),
    isBytewise: read("bytewise", 0) === 1,
  };
}

function stream(model: string): Response {
  const { think, rate, ...shape } = paceOf(model);
  let talk: Talk;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(start));
      // answers that began together would otherwise speak in one voice
      const startAt = nowMs() + think + Math.random() * (1000 / rate);
      talk = { startAt, perMs: rate / 1000, ...shape, controller, sent: 0 };
      talks.add(talk);
    },
    cancel() {
      talks.delete(talk);
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}
/** The smallest thing of this shape; about intents it is always waste. */
function valueOf(schema: Schema): unknown {
  if (schema.enum) return schema.enum.includes("waste") ? "waste" : schema.enum[0];
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, inner]) => [name, valueOf(inner)]),
    );
  return (
    { number: 0.9, integer: 1, boolean: false, array: [], string: "" }[schema.type ?? ""] ?? null
  );
}

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly response_format?: { readonly json_schema?: { readonly schema?: Schema } };
}

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    const asked = (await request.json()) as Asked;
    if (asked.stream) return stream(asked.model ?? "");
    const schema = asked.response_format?.json_schema?.schema;
    const content = schema ? JSON.stringify(valueOf(schema)) : "네";
    const message = { role: "assistant", content, refusal: null };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    return Response.json({ choices: [{ index: 0, message, finish_reason: "stop" }], usage });
  },
});
console.log(server.port);
