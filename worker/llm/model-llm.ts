// An answer by models, one after the other:
// before the first word   a failure that may pass is tried once more, then the next provider is asked
// after the first word    a failure is the end: two models in one answer would be a lie
import { pause } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { type Llm, userText } from "./llm.ts";
import { noMeter } from "./meter.ts";
import type { Message, ModelClient } from "./model-client.ts";
import { ModelError } from "./model-error.ts";

const triesEach = 2;
const firstRetryMs = 250;
const longestWaitMs = 2000;

/** Providers' clients as the port the answer node speaks to; `others` stand in for the first. */
export function modelLlm(first: ModelClient, others: readonly ModelClient[] = []): Llm {
  return async function* (prompt, signal, meter = noMeter) {
    const messages: Message[] = [
      { role: "system", content: prompt.system },
      ...prompt.history,
      { role: "user", content: userText(prompt) },
    ];
    let failure: unknown;
    for (const [i, client] of [first, ...others].entries()) {
      if (i > 0) {
        if (!mayAskAnother(failure)) break;
        meter.switched(client, failure);
      }
      for (let attempt = 1; attempt <= triesEach; attempt++) {
        let hasSpoken = false;
        try {
          meter.begin();
          for await (const event of client.stream({ messages }, signal)) {
            if (event.type === "usage") meter.add(client, event.usage);
            if (event.type !== "text" || event.text === "") continue;
            hasSpoken = true;
            yield event.text;
          }
          if (!hasSpoken) throw new ModelError("cut_off", "the model said nothing");
          return;
        } catch (cause) {
          signal.throwIfAborted();
          failure = cause;
          if (hasSpoken) throw asAppError(cause);
        }
        const waitMs = retryWaitMs(failure);
        if (waitMs === undefined || attempt === triesEach) break;
        await pause(waitMs, signal);
        signal.throwIfAborted();
      }
    }
    throw asAppError(failure);
  };
}

/** Undefined: the same again would fail the same way, or take too long. */
function retryWaitMs(failure: unknown): number | undefined {
  if (!(failure instanceof ModelError) || !failure.isPassing) return undefined;
  if (failure.kind === "timeout") return undefined; // a second minute of silence helps nobody
  const waitMs = failure.retryAfterMs ?? firstRetryMs * (1 + Math.random());
  return waitMs <= longestWaitMs ? waitMs : undefined;
}

/** What a provider refuses on principle is not carried to the next one. Anything unknown is a bug of ours. */
function mayAskAnother(failure: unknown): boolean {
  return failure instanceof ModelError && failure.kind !== "content_filter";
}

function asAppError(cause: unknown): AppError {
  const isPassing = cause instanceof ModelError && cause.isPassing;
  return new AppError(isPassing ? "MODEL_BUSY" : "MODEL_FAILED", { cause });
}
