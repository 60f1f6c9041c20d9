import type * as v from "valibot";
import type { Usage } from "./usage.ts";

// What every provider's client speaks: requests and answers without anything of one provider in them.

export type JsonSchema = Readonly<Record<string, unknown>>;

interface ImagePart {
  readonly type: "image";
  readonly image: { readonly mimeType: string; readonly bytes: Uint8Array };
  /** How closely to look; costs tokens. By default the provider decides. */
  readonly detail?: "low" | "high" | undefined;
}
export type Part = { readonly type: "text"; readonly text: string } | ImagePart;

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string | readonly Part[];
}

export interface ModelRequest {
  /** By default the client's. */
  readonly model?: string | undefined;
  readonly messages: readonly Message[];
  /** 0 to 2; left out for models that accept only their own. */
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
}

/** `length`: the token limit ended the text. */
export type FinishReason = "stop" | "length" | "tool_calls";

/** Text as it comes; then at most one `usage`, and `finish` as the last. */
export type ModelEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "finish"; readonly reason: FinishReason };

export interface Completion {
  readonly text: string;
  readonly finish: FinishReason;
  readonly usage: Usage;
}

export interface JsonRequest<T> extends ModelRequest {
  /** Letters, digits, `_`, `-`. */
  readonly name: string;
  /** What the provider holds the model to. Optional properties are fine; see `strictSchema`. */
  readonly schema: JsonSchema;
  /** What the answer is checked by on our side. */
  readonly output: v.GenericSchema<unknown, T>;
}
export interface JsonAnswer<T> {
  readonly data: T;
  readonly usage: Usage;
}

/** Something a model may call. Build with `tool()`. */
export interface Tool {
  /** Letters, digits, `_`, `-`. */
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  /** Gets whatever the model sent, parsed as JSON. What it throws is not shown to the model. */
  run(args: unknown, signal: AbortSignal): Promise<ToolResult>;
}
export type ToolResult =
  | { readonly ok: true; readonly value: unknown }
  /** `message` is shown to the model, so that it can call again. */
  | { readonly ok: false; readonly message: string };

export interface ToolRequest extends ModelRequest {
  readonly tools: readonly Tool[];
  /** `required`: at least one call before any text. By default the model decides. */
  readonly choice?: "auto" | "required" | undefined;
  /** Ends at the first call that worked, without a text: for arguments only. */
  readonly once?: boolean | undefined;
  /** Questions to the model, 1 to 5; the last one may not call tools. By default 5. */
  readonly maxRounds?: number | undefined;
}
export interface ToolCallRecord {
  readonly name: string;
  /** As the model sent them; text when they were no JSON. */
  readonly args: unknown;
  readonly result: ToolResult;
  /** What the tool threw, for the log. */
  readonly cause?: unknown;
}
export interface ToolAnswer {
  readonly text: string;
  readonly calls: readonly ToolCallRecord[];
  readonly rounds: number;
  readonly usage: Usage;
}

export interface Citation {
  readonly url: string;
  readonly title: string;
}
export interface SearchRequest {
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  readonly question: string;
  readonly maxTokens?: number | undefined;
}
export interface SearchAnswer {
  readonly text: string;
  /** Each address once, in order of use; only http(s). */
  readonly citations: readonly Citation[];
  /** What the model searched for, as far as it says. */
  readonly queries: readonly string[];
  readonly usage: Usage;
}

/**
 * One provider. Everything throws `ModelError`; an abort of the caller rises as the signal's own reason and
 * closes the socket. Images in messages are seen by every method.
 */
export interface ModelClient {
  readonly provider: "openai" | "google";
  readonly model: string;
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  complete(request: ModelRequest, signal: AbortSignal): Promise<Completion>;
  /** Structured output. What does not fit is sent back once for repair, then `bad_response`. */
  json<T>(request: JsonRequest<T>, signal: AbortSignal): Promise<JsonAnswer<T>>;
  /** `json` about pictures, with the shorter timeout people with a camera get. */
  vision<T>(request: JsonRequest<T>, signal: AbortSignal): Promise<JsonAnswer<T>>;
  /** Lets the model call tools, several at once, until it answers in text. */
  tools(request: ToolRequest, signal: AbortSignal): Promise<ToolAnswer>;
  /** The provider's own web search. */
  webSearch(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer>;
}

export interface ModelSettings {
  /** Compatible servers of one's own may need none. */
  readonly key?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly model?: string | undefined;
  /** Longest silence: until the answer begins, and between two pieces of it. By default 60 s. */
  readonly readTimeoutMs?: number | undefined;
  /** The same for `vision`. By default 30 s. */
  readonly visionTimeoutMs?: number | undefined;
  /** Tries after the first, only until an answer begins. By default 2; 0 when the caller retries itself. */
  readonly retries?: number | undefined;
  readonly firstRetryMs?: number | undefined;
}
