import { fakeGemini, geminiErrors } from "./fake-gemini.ts";
import { fakeOpenAi, openAiErrors } from "./fake-openai.ts";
import type { FakeServer } from "./fake-server.ts";
import type { StreamManner } from "./fake-stream.ts";

// Both providers behind one way of saying what they answer, for suites that every client has to pass.

/** What the model says next, whoever it is. */
interface Reply {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args: unknown }[];
  readonly ending?: "whole" | "none" | "length" | "blocked";
  readonly manner?: StreamManner;
  readonly sources?: readonly { readonly url: string; readonly title: string }[];
}

/** A fake server and how to make it speak. */
interface FakeProvider {
  readonly name: "openai" | "google";
  readonly server: FakeServer;
  /** What it says from now on; the last reply stays. */
  readonly next: (...replies: Reply[]) => void;
  readonly rateLimit: { readonly status: number; readonly body: string };
  readonly badKey: { readonly status: number; readonly body: string };
}

/** The key both servers are asked with. */
export const fakeModelKey = "sk-adapter-0123456789";

function queue() {
  let replies: readonly Reply[] = [];
  return {
    next: (...given: Reply[]) => {
      replies = given;
    },
    take: (): Reply => {
      const [first = {}, ...rest] = replies;
      if (rest.length > 0) replies = rest;
      return first;
    },
  };
}

function openaiProvider(): FakeProvider {
  const { next, take } = queue();
  const endings = {
    whole: {},
    none: { finishReason: null },
    length: { finishReason: "length" },
    blocked: { finishReason: "content_filter" },
  } as const;
  const server = fakeOpenAi(() => {
    const { calls, ending = "whole", ...said } = take();
    const sent = calls?.map(({ name, args }) => ({
      name,
      arguments: typeof args === "string" ? args : JSON.stringify(args),
    }));
    return { ...said, ...endings[ending], ...(sent ? { calls: sent } : {}) };
  });
  return {
    name: "openai",
    server,
    next,
    rateLimit: openAiErrors.rateLimit("9"),
    badKey: openAiErrors.badKey(fakeModelKey),
  };
}

function geminiProvider(): FakeProvider {
  const { next, take } = queue();
  const endings = {
    whole: {},
    none: { finishReason: null },
    length: { finishReason: "MAX_TOKENS" },
    blocked: { finishReason: "SAFETY" },
  } as const;
  const server = fakeGemini(() => {
    const { ending = "whole", sources, ...said } = take();
    const found = sources?.map(({ url, title }) => ({ uri: url, title }));
    return { ...said, ...endings[ending], ...(found ? { sources: found } : {}) };
  });
  return {
    name: "google",
    server,
    next,
    rateLimit: geminiErrors.exhausted("9s"),
    badKey: geminiErrors.badKey,
  };
}

export function fakeModels(): FakeProvider[] {
  return [openaiProvider(), geminiProvider()];
}
