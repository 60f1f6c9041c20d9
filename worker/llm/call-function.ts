import type * as v from "valibot";
import type { JsonSchema, ModelClient } from "./model-client.ts";
import { tool } from "./tool-loop.ts";

export interface FunctionCall<T> {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  readonly input: v.GenericSchema<unknown, T>;
}

const maxTokens = 2000;
/** Arguments that do not fit go back to the model once. */
const maxRounds = 2;

/** Makes the model call one function and gives its arguments; undefined when it does not manage to. */
export async function callFunction<T>(
  client: ModelClient,
  call: FunctionCall<T>,
  said: { readonly system: string; readonly question: string },
  signal: AbortSignal,
): Promise<T | undefined> {
  let args: T | undefined;
  const taken = tool({
    ...call,
    run: (given) => {
      args ??= given;
      return Promise.resolve("ok");
    },
  });
  const messages = [
    { role: "system", content: said.system },
    { role: "user", content: said.question },
  ] as const;
  const request = { messages, tools: [taken], choice: "required", once: true } as const;
  await client.tools({ ...request, maxRounds, maxTokens }, signal);
  return args;
}
