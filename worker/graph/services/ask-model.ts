import { prompts } from "../../prompts/prompts.ts";
import { callFunction, type FunctionCall } from "../../llm/call-function.ts";
import type { Query } from "../run-context.ts";

/**
 * Arguments by the job's model. Undefined offline, and when the model fails or is slow: what words alone say is
 * then used, and the node goes on.
 */
export async function argumentsBy<T>(
  query: Query,
  call: FunctionCall<T>,
  signal: AbortSignal,
  withinMs: number = modelMs,
): Promise<T | undefined> {
  if (!query.model) return undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  try {
    return await callFunction(
      query.model,
      call,
      { system: prompts.functionCall.text, question: query.text },
      limit,
    );
  } catch (cause) {
    signal.throwIfAborted();
    query.log.warn("a function call failed, words decide", { name: call.name, error: cause });
    return undefined;
  }
}

/** Part of the node's time the model may take; the rest is the service's. */
const modelMs = 5000;
