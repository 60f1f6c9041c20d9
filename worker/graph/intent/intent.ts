import type { RunContext, Tools } from "../run-context.ts";
import type { State, Update } from "../state.ts";
import type { Known } from "./classify.ts";
import { decide } from "./split.ts";

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

/** Decides what the message asks for. */
export function createIntentNode(tools: Tools): (state: State, run: RunContext) => Update {
  const known = knownBy(tools);
  return (state, run) => {
    run.stage("intent", "started");
    const { message } = state;
    const decided = decide(message, known, state.intent_history.at(-1));
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
