import { AppError } from "../../shared/errors.ts";
import { type Llm, userText } from "./llm.ts";
import type { Message, ModelClient } from "./model-client.ts";
import { ModelError } from "./model-error.ts";

/** A provider's client as the port the answer node speaks to. */
export function modelLlm(client: ModelClient): Llm {
  return async function* (prompt, signal) {
    const messages: Message[] = [
      { role: "system", content: prompt.system },
      ...prompt.history,
      { role: "user", content: userText(prompt) },
    ];
    try {
      for await (const event of client.stream({ messages }, signal)) {
        if (event.type === "text" && event.text !== "") yield event.text;
      }
    } catch (cause) {
      signal.throwIfAborted();
      const isPassing = cause instanceof ModelError && cause.isPassing;
      throw new AppError(isPassing ? "MODEL_BUSY" : "MODEL_FAILED", { cause });
    }
  };
}
