import * as v from "valibot";
import { parseJson } from "../../shared/parse-json.ts";
import type { Completion, JsonAnswer, JsonRequest, Message } from "./model-client.ts";
import { ModelError } from "./model-error.ts";
import { dropNulls } from "./strict-schema.ts";
import { addUsage } from "./usage.ts";

/**
 * Asks for JSON and checks it. An answer that does not fit goes back to the model once with what is wrong;
 * then `bad_response`. An answer the token limit cut is not repaired: it would be cut again.
 */
export async function askJson<T>(
  request: JsonRequest<T>,
  ask: (messages: readonly Message[]) => Promise<Completion>,
): Promise<JsonAnswer<T>> {
  const first = await ask(request.messages);
  const read = readAnswer(request, first.text);
  if (read.success) return { data: read.output, usage: first.usage };
  if (first.finish === "length")
    throw new ModelError("bad_response", "the JSON was cut by its limit");
  const second = await ask([
    ...request.messages,
    { role: "assistant", content: first.text },
    { role: "user", content: `${repair}\n${read.problem}` },
  ]);
  const again = readAnswer(request, second.text);
  if (!again.success) throw new ModelError("bad_response", "the JSON does not fit its schema");
  return { data: again.output, usage: addUsage(first.usage, second.usage) };
}

const repair =
  "That answer does not fit the required JSON schema. Answer again with only the corrected JSON.";

type Read<T> =
  | { readonly success: true; readonly output: T }
  | { readonly success: false; readonly problem: string };

function readAnswer<T>(request: JsonRequest<T>, text: string): Read<T> {
  const json = parseJson(stripFence(text));
  if (json === undefined) return { success: false, problem: "It is not JSON." };
  const parsed = v.safeParse(request.output, dropNulls(json, request.schema));
  if (parsed.success) return { success: true, output: parsed.output };
  return { success: false, problem: v.summarize(parsed.issues).slice(0, 1000) };
}

/** Models without a schema mode like to wrap JSON in a code fence. */
function stripFence(text: string): string {
  const match = /^```(?:json)?\s*\n([\s\S]*?)\n?```$/.exec(text.trim());
  return match?.[1] ?? text;
}
