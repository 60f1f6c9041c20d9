// The drawing of the agent:
// intent → (vision, when there is a picture) → router, an edge → the sub-agents it sends, side by side
//        → aggregator (waits for all of them; waste_rag passes through feedback)
//        → (summarize, when the chat has outgrown its model) → answer
// Beginning and end of a run touch the chat's memory: one checkpoint, when the run is over.
import { Annotation, END, Send, START, StateGraph } from "@langchain/langgraph/web";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { type SubAgent, subAgents } from "../../shared/contract/stages.ts";
import { aggregate } from "./aggregator.ts";
import { answer } from "./answer.ts";
import type { Needs } from "./ask-person.ts";
import { bulkWaste } from "./bulk-waste.ts";
import { character } from "./character.ts";
import { collectionPoint } from "./collection-point.ts";
import { checkRag } from "./check-rag.ts";
import { checkContracts } from "./contracts.ts";
import { general } from "./general.ts";
import { createIntentNode } from "./intent/intent.ts";
import type { Memory } from "../memory/memory.ts";
import { withReferences } from "./references.ts";
import { needsSummary, summarize } from "./summarize.ts";
import { recyclablePrice } from "./recyclable-price.ts";
import { findPlaceName } from "./places/find-place.ts";
import { planFor } from "./router.ts";
import { Plain, withoutRunTrees } from "./quick-runs.ts";
import type { RunContext, Tools } from "./run-context.ts";
import { State, turnInput } from "./state.ts";
import { runSubAgent, serviceAgent, type SubAgentSpec } from "./sub-agent.ts";
import { look } from "./vision.ts";
import { runWithMemory } from "./with-memory.ts";
import { wasteRag } from "./waste-rag.ts";

const PerRun = Annotation.Root({ run: Annotation<RunContext> });

/** A node, or the choice at an edge: what it does with the state in this run. */
const node = <Result>(work: (state: State, run: RunContext) => Result | Promise<Result>) =>
  new Plain<State, Result>((state, config) => {
    const { context } = config as { context?: { run: RunContext } };
    if (!context) throw new Error("the graph was started without its run");
    return work(state, context.run);
  });

export interface Agent {
  (run: RunContext): Promise<State>;
  /** Adds to the chat's memory what a stopped run had said; waits for the run to be over. Never throws. */
  readonly remember?: (run: RunContext, text: string) => Promise<void>;
}

/** The agent of a chat, once per process; without a memory every message stands alone. Throws as `buildAgents`. */
export function buildAgent(tools: Tools, memory?: Memory): Agent {
  return buildAgents(tools, memory).chat;
}

/**
 * Compiles the graph for whom there is: `chat` on the chats' memory, `plain` with what the run brings of what was
 * said before. Throws `START_CHECK_FAILED` when a contract has no producer.
 */
export function buildAgents(
  tools: Tools,
  memory?: Memory,
): { readonly chat: Agent; readonly plain: Agent } {
  checkContracts();
  withoutRunTrees();
  const intent = withReferences(createIntentNode(tools), tools);
  const as = <Data>(spec: SubAgentSpec<Data>) =>
    node((state, run) => runSubAgent(spec, state, run, tools));

  // an edge and no node: a step of the graph less for every run
  const sendFrom = (state: State, run: RunContext) =>
    planFor(state, run, tools).map((sent) => new Send(sent.node, sent.state));

  const graph = new StateGraph(State, PerRun)
    .addNode(
      "intent_node",
      node((state, run) => intent(state, run)),
    )
    .addNode(
      "vision",
      node((state, run) => look(state, run, tools)),
    )
    .addNode("waste_rag", as(wasteRag(tools)))
    .addNode("character", as(character(tools)))
    .addNode("general", as(general()))
    .addNode("recyclable_price", as(recyclablePrice(tools)))
    .addNode("collection_point", as(collectionPoint(tools)))
    .addNode("bulk_waste", as(bulkWaste(tools)))
    .addNode(
      "location",
      as(serviceAgent("location", tools, counted, needsPlace, tools.services.ownPlaces)),
    )
    .addNode("weather", as(serviceAgent("weather", tools, counted)))
    .addNode("web_search", as(serviceAgent("web_search", tools, measured)))
    .addNode("image_generation", as(serviceAgent("image_generation", tools, counted)))
    .addNode(
      "feedback",
      node((state, run) => checkRag(state, run, tools)),
    )
    .addNode(
      "aggregator",
      node((state, run) => aggregate(state, run, tools)),
      {
        defer: true, // feedback makes one path longer than the others
      },
    )
    .addNode(
      "summarize",
      node((state, run) => summarize(state, run)),
    )
    .addNode(
      "answer_node",
      node((state, run) => answer(state, run, tools.linkHosts)),
    )
    .addEdge(START, "intent_node")
    .addConditionalEdges(
      "intent_node",
      node((state, run) => {
        const isToSee = state.image_url !== null && state.classification_result === null;
        return isToSee ? ["vision"] : sendFrom(state, run);
      }),
      ["vision", ...subAgents],
    )
    .addConditionalEdges("vision", node(sendFrom), [...subAgents])
    .addEdge("waste_rag", "feedback")
    .addEdge("feedback", "aggregator")
    .addConditionalEdges(
      "aggregator",
      node((state, run) => (needsSummary(state, run) ? "summarize" : "answer_node")),
      ["summarize", "answer_node"],
    )
    .addEdge("summarize", "answer_node")
    .addEdge("answer_node", END);
  const toAggregator: readonly Exclude<SubAgent, "waste_rag">[] = subAgents.filter(
    (node) => node !== "waste_rag",
  );
  for (const node of toAggregator) graph.addEdge(node, "aggregator");
  const compiled = graph.compile();
  const plain: Agent = (run) => {
    const { messages, summary = null } = run.before ?? {};
    return compiled.invoke(
      { ...turnInput(run.job, messages), summary },
      // the name is LangSmith's, where its own environment variables ask for it
      { context: { run }, signal: run.signal, runName: `chat:${run.job.job_id}` },
    );
  };
  if (!memory) return { chat: plain, plain };
  // the library's type wants counting versions; the saver's own are texts, which it takes as well
  const checkpointer = memory.saver as unknown as BaseCheckpointSaver;
  return { chat: runWithMemory(graph.compile({ checkpointer }), memory), plain };
}

const needsPlace: Needs = ({ text, place, placeProblem }) => {
  if (place || findPlaceName(text) !== undefined) return undefined;
  const why = placeProblem === undefined ? "" : `${placeProblem} `;
  return {
    type: "location",
    message: `${why}어디 근처에서 찾을까요? 동네나 역 이름을 알려 주세요.`,
  };
};
const counted = (found: { readonly lines: readonly string[] } | undefined) => ({
  found: found !== undefined,
  count: found?.lines.length ?? 0,
});
const measured = (found: { readonly lines: readonly string[] } | undefined) => ({
  result_length: found?.lines.join("\n").length ?? 0,
});
