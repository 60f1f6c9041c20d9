import { expect, test } from "bun:test";
import { AppError } from "../../shared/errors.ts";
import { noFacts } from "./facts.ts";
import type { Prompt } from "./llm.ts";
import { localLlm } from "./local.ts";
import type { Message, ModelClient, ModelEvent, ModelRequest } from "./model-client.ts";
import { ModelError } from "./model-error.ts";
import { modelLlm } from "./model-llm.ts";

const prompt: Prompt = {
  system: "존댓말로 답해요.",
  sections: [{ title: "배출 규칙", text: "라벨을 떼요" }],
  history: [{ role: "assistant", content: "안녕하세요" }],
  question: "페트병은?",
  facts: noFacts,
};

/** A client of which only the stream is used. */
function streams(events: readonly ModelEvent[], cause?: unknown) {
  const seen: (readonly Message[])[] = [];
  const stream = async function* (request: ModelRequest) {
    seen.push(request.messages);
    yield* events;
    if (cause !== undefined) throw cause;
  };
  return { llm: modelLlm({ stream } as unknown as ModelClient), seen };
}

async function said(llm: ReturnType<typeof modelLlm>, signal = new AbortController().signal) {
  const pieces: string[] = [];
  for await (const piece of llm(prompt, signal)) pieces.push(piece);
  return pieces;
}

test("sends persona, history, sections and question, and hands on the words", async () => {
  const { llm, seen } = streams([
    { type: "text", text: "라벨을 " },
    { type: "text", text: "" },
    { type: "text", text: "떼세요" },
    { type: "finish", reason: "stop" },
  ]);
  expect(await said(llm)).toEqual(["라벨을 ", "떼세요"]);
  expect(seen[0]).toEqual([
    { role: "system", content: "존댓말로 답해요." },
    { role: "assistant", content: "안녕하세요" },
    { role: "user", content: "### 배출 규칙\n라벨을 떼요\n\n### 질문\n페트병은?" },
  ]);
});

test.each([
  { name: "a busy model", cause: new ModelError("rate_limited", "slow down"), code: "MODEL_BUSY" },
  { name: "a refused key", cause: new ModelError("auth", "no"), code: "MODEL_FAILED" },
  { name: "anything else", cause: new Error("bug"), code: "MODEL_FAILED" },
])("$name rises as $code", async ({ cause, code }) => {
  const failed = await said(streams([], cause).llm).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(AppError);
  expect((failed as AppError).code).toBe(code as "MODEL_BUSY");
});

test("an abort rises as its own reason", async () => {
  const abort = new AbortController();
  abort.abort("cancelled");
  const { llm } = streams([], new Error("aborted"));
  expect(await said(llm, abort.signal).catch((reason: unknown) => reason)).toBe("cancelled");
});

test("the offline mode speaks in pieces that join to one text, and stops when aborted", async () => {
  const pieces = await said(localLlm());
  expect(pieces.length).toBeGreaterThan(10);
  expect(pieces.join("")).toEndWith("정리해 드렸어요._");
  expect(pieces.join("")).toContain("\n\n- **버리는 방법**");
  const abort = new AbortController();
  const spoken: string[] = [];
  const run = (async () => {
    for await (const piece of localLlm({ paceMs: 1 })(prompt, abort.signal)) {
      spoken.push(piece);
      if (spoken.length === 3) abort.abort("cancelled");
    }
  })();
  expect(await run.catch((reason: unknown) => reason)).toBe("cancelled");
  expect(spoken).toHaveLength(3);
});
