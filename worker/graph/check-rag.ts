import * as v from "valibot";
import { prompts } from "../prompts/prompts.ts";
import { evaluateFound, rate } from "./feedback.ts";
import { policies } from "./policies.ts";
import type { RunContext, Tools } from "./run-context.ts";
import type { DisposalRules, State, Update } from "./state.ts";
import { wasteRag } from "./waste-rag.ts";

const Things = v.object({
  things: v.pipe(v.array(v.pipe(v.string(), v.maxLength(40))), v.maxLength(10)),
});
const schema = {
  type: "object",
  properties: { things: { type: "array", items: { type: "string" } } },
  required: ["things"],
};
/** The retry is a second chance, not a second wait. */
const modelMs = 5000;

/** Rates what the rules say, and looks once more under other names when they say nothing (contract 7.5, 7.6). */
export async function checkRag(state: State, run: RunContext, tools: Tools): Promise<Update> {
  run.stage("feedback", "started");
  const about = state.current_query || state.message;
  const first = await evaluateFound(about, state.disposal_rules?.data, run);
  if (first.quality !== "none" && first.quality !== "poor") {
    run.stage("feedback", "completed", { quality: first.quality, fallback_used: false });
    return { rag_quality_score: first.score, rag_feedback: first.quality };
  }
  const reason = "rag_low_quality";
  const names = await otherNames(state, run);
  if (names.length === 0) {
    run.stage("feedback", "fallback", { reason });
    run.stage("feedback", "completed", { quality: first.quality, fallback_used: true });
    return { rag_quality_score: first.score, rag_feedback: first.quality };
  }
  run.stage("feedback", "fallback", { reason, strategy: "retry" });
  const found = await lookUp(names, run, tools);
  const second = rate(names.join(" "), found);
  run.stage("feedback", "completed", { quality: second.quality, fallback_used: true });
  const rated = { rag_quality_score: second.score, rag_feedback: second.quality };
  if (!found) return rated;
  return {
    ...rated,
    fallback_strategies: ["retry"],
    disposal_rules: {
      _priority: policies.waste_rag.priority + 15,
      _sequence: run.nextSequence(),
      _producer: "waste_rag",
      _created_at: tools.clock.wallMs(),
      _is_fallback: true,
      success: true,
      error: undefined,
      data: found,
    },
  };
}

async function lookUp(
  names: readonly string[],
  run: RunContext,
  tools: Tools,
): Promise<DisposalRules | undefined> {
  const text = names.join(", ");
  // the name stands for the whole message: what the person typed was looked up already
  const query = { ...blank, text, job: { ...run.job, message: text }, log: run.log };
  return wasteRag(tools).work(query, run.signal);
}

const blank = {
  seen: null,
  why: "asked",
  place: undefined,
  placeProblem: undefined,
  choice: undefined,
  model: undefined,
} as const;

/** What the thing may be called instead, as the model says; nothing in the offline mode. */
async function otherNames(state: State, run: RunContext): Promise<readonly string[]> {
  const { model } = run;
  if (!model) return [];
  const limit = AbortSignal.any([run.signal, AbortSignal.timeout(modelMs)]);
  const messages = [
    { role: "system", content: prompts.things.text },
    { role: "user", content: state.standalone_message || state.message },
  ] as const;
  try {
    const answer = await model.json({ name: "things", schema, output: Things, messages }, limit);
    return answer.data.things.slice(0, 3);
  } catch (cause) {
    run.signal.throwIfAborted();
    run.log.warn("no other names for a thing", { error: cause });
    return [];
  }
}
