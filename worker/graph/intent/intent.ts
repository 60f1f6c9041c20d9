import type { RunContext, Tools } from "../run-context.ts";
import type { State, Update } from "../state.ts";
import type { Known } from "./classify.ts";
import { decideByModel } from "./by-model.ts";
import { intentKey, readStored } from "./cache.ts";
import { decide, type Decided } from "./split.ts";

/** Three short calls, two of them one after the other; the rules need less than a millisecond. */
const modelMs = 8000;
/** Below this an intent is kept, and logged. */
const unsure = 0.6;
const complexWords = /그리고|또한|차이|비교|여러|같이|둘 다/;
const complexChars = 100;

/** What also has a place in everybody's recycling corner: "어디에 버려?" then asks how, not where a box is. */
const sharedBins: ReadonlySet<string> = new Set(["paper_pack", "small_electronics"]);

/** What the classifier needs to know of the knowledge base. */
export function knownBy(
  tools: Pick<Tools, "retrieval" | "characters" | "collection" | "knowledge">,
): Known {
  const { retrieval, characters, collection, knowledge } = tools;
  // names that are everyday words too: "코튼 알려줘" means the character, "코튼 셔츠" does not
  const names = knowledge.characters.map(({ name }) => name).join("|");
  const asksForName = new RegExp(
    `^(?:${names})\\S{0,3} ?(?:알려|궁금|소개|보여|만나|설명|귀여|누구|성격|말투|이미지|그림)`,
  );
  return {
    things: (text) =>
      retrieval.find(text).map(({ item, rule, matched, score, tags }) => ({
        matched,
        middle: rule.middle,
        score,
        name: item?.name,
        hasState: tags.length > 0,
      })),
    namesCharacter: (text) =>
      asksForName.test(text) || characters.findCharacter(text) !== undefined,
    hasCollectionPoint: (text) =>
      collection.findCollectionPoints(text).some((point) => !sharedBins.has(point.item_type)),
  };
}

/** Decides what the message asks for: by the job's model when it has one, else by rules. */
export function createIntentNode(tools: Tools): (state: State, run: RunContext) => Promise<Update> {
  const known = knownBy(tools);
  return async (state, run) => {
    run.stage("intent", "started");
    const { message } = state;
    const decided = await decideWith(state, run, tools, known);
    const [intent = "general", ...additional] = decided.intents;
    const isComplex = complexWords.test(message) || message.length > complexChars;
    run.stage("intent", "completed", {
      intent,
      complexity: isComplex ? "complex" : "simple",
      confidence: decided.confidence,
      has_multi_intent: additional.length > 0,
      additional_intents: additional,
      decomposed_queries: decided.queries,
    });
    return {
      intent,
      intent_confidence: decided.confidence,
      is_complex: isComplex,
      has_multi_intent: additional.length > 0,
      additional_intents: additional,
      decomposed_queries: decided.queries,
      intent_history: [intent],
      detected_character: tools.characters.findCharacter(message)?.code ?? null,
    };
  };
}

async function decideWith(
  state: State,
  run: RunContext,
  { intentCache: cache }: Tools,
  known: Known,
): Promise<Decided> {
  const { message, intent_history: earlier, messages } = state;
  const last = earlier.at(-1);
  const previous = last && { intent: last, confidence: state.intent_confidence };
  const byRules = () => decide(message, known, previous);
  const { model } = run;
  if (!model) return byRules();
  const turns = messages.filter(({ id }) => id !== `${state.job_id}:user`);
  // what a message means depends on what was said before it
  const key = cache && turns.length === 0 ? intentKey(message, model.model) : undefined;
  const stored = key === undefined ? undefined : readStored((await cache?.read(key)) ?? null);
  if (stored) return stored;
  const before = { turns, intents: earlier, confidence: state.intent_confidence };
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(modelMs)]);
  try {
    const decided = await decideByModel(message, before, model, signal);
    const rules = byRules();
    if (decided.confidence < unsure || rules.intents[0] !== decided.intents[0]) {
      const { confidence, intents } = decided;
      run.log.debug("intent in doubt", { intents, confidence, byRules: rules.intents });
    }
    if (key !== undefined) void cache?.write(key, JSON.stringify(decided));
    return decided;
  } catch (cause) {
    run.signal.throwIfAborted();
    run.log.warn("intent by rules", { error: cause });
    return byRules();
  }
}
