import * as v from "valibot";
import { parseJson } from "../../shared/parse-json.ts";
import type {
  JsonSchema,
  Tool,
  ToolAnswer,
  ToolCallRecord,
  ToolRequest,
  ToolResult,
} from "./model-client.ts";
import { dropNulls } from "./strict-schema.ts";
import { addUsage, noUsage, type Usage } from "./usage.ts";

const roundsAtMost = 5;
/** Calls of one round beyond this are answered with an error, not run. */
const callsAtMost = 8;
/** Characters of one result the model gets to see. */
const resultChars = 16_000;

/** One call as the model sent it. */
export interface SentCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, or already parsed. */
  readonly args: unknown;
}

/** One answer of the model; `said` is the provider's own form of it, to be sent back unchanged. */
interface Turn<Said> {
  readonly text: string;
  readonly calls: readonly SentCall[];
  readonly usage: Usage;
  readonly said: Said;
}

/** What one provider brings to the loop. */
export interface ToolTalk<Said> {
  /** Asks with everything said so far; `choice` "none" forbids calls. */
  ask(history: readonly Said[], choice: "auto" | "required" | "none"): Promise<Turn<Said>>;
  /** Results in the provider's form, one per call, in order. */
  tell(results: readonly { readonly call: SentCall; readonly output: string }[]): readonly Said[];
}

/** A tool whose arguments are checked before `run` sees them. */
export function tool<T>(definition: {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  readonly input: v.GenericSchema<unknown, T>;
  run(args: T, signal: AbortSignal): Promise<unknown>;
}): Tool {
  const { name, description, parameters } = definition;
  return {
    name,
    description,
    parameters,
    async run(args, signal) {
      const parsed = v.safeParse(definition.input, dropNulls(args, parameters));
      if (!parsed.success) return { ok: false, message: v.summarize(parsed.issues).slice(0, 500) };
      return { ok: true, value: await definition.run(parsed.output, signal) };
    },
  };
}

/**
 * Asks, runs what the model calls, all calls of a round at once, and asks again, at most five times; the
 * last question forbids calls, so there is an answer. Unknown tools, arguments that do not parse and tools
 * that throw become error results the model can react to.
 */
export async function runTools<Said>(
  request: ToolRequest,
  talk: ToolTalk<Said>,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const maxRounds = Math.min(roundsAtMost, Math.max(1, request.maxRounds ?? roundsAtMost));
  const history: Said[] = [];
  const records: ToolCallRecord[] = [];
  let usage = noUsage;
  for (let round = 1; ; round++) {
    const isLast = round === maxRounds;
    const choice = choiceOf(request, round, isLast);
    const turn = await talk.ask(history, choice);
    usage = addUsage(usage, turn.usage);
    if (turn.calls.length === 0 || (isLast && !request.once)) {
      return { text: turn.text, calls: records, rounds: round, usage };
    }
    const done = await Promise.all(
      turn.calls.map((call, i) => runCall(request.tools, call, i, signal)),
    );
    signal.throwIfAborted();
    records.push(...done);
    if (request.once && (isLast || done.some(({ result }) => result.ok))) {
      return { text: turn.text, calls: records, rounds: round, usage };
    }
    const results = turn.calls.map((call, i) => ({ call, output: show(done[i]?.result) }));
    history.push(turn.said, ...talk.tell(results));
  }
}

function choiceOf(request: ToolRequest, round: number, isLast: boolean) {
  if (request.once) return request.choice ?? "auto";
  if (isLast) return "none";
  return round === 1 ? (request.choice ?? "auto") : "auto";
}

async function runCall(
  tools: readonly Tool[],
  call: SentCall,
  index: number,
  signal: AbortSignal,
): Promise<ToolCallRecord> {
  const { name } = call;
  const parsed = typeof call.args === "string" ? parseJson(call.args || "{}") : call.args;
  const args = parsed === undefined ? call.args : parsed;
  const refuse = (message: string) => ({ name, args, result: { ok: false, message } as const });
  const found = tools.find((one) => one.name === name);
  if (index >= callsAtMost) return refuse(`too many calls at once; at most ${callsAtMost}`);
  if (!found) return refuse("no such tool");
  if (parsed === undefined) return refuse("the arguments are not JSON");
  try {
    return { name, args, result: await found.run(args, signal) };
  } catch (cause) {
    return { ...refuse("the tool failed"), cause };
  }
}

function show(result: ToolResult | undefined): string {
  const said = result?.ok ? { result: result.value ?? null } : { error: result?.message ?? "lost" };
  const text = JSON.stringify(said);
  if (text.length <= resultChars) return text;
  return JSON.stringify({ cut: text.slice(0, resultChars).toWellFormed() });
}
