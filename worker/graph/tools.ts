import type { Clock } from "../../shared/clock.ts";
import { createExecutor } from "./executor.ts";
import { policies } from "./policies.ts";
import type { Tools } from "./run-context.ts";
import { createAdvise } from "./waste-advice.ts";
import { createCharacters } from "../knowledge/characters.ts";
import { createCollectionLookup } from "../knowledge/collection-lookup.ts";
import { loadKnowledge } from "../knowledge/load.ts";
import { createPriceLookup } from "../knowledge/price-lookup.ts";
import { createRetrieval } from "../knowledge/retrieve.ts";

/** Everything the nodes share: the knowledge base, and what the process brings of the outside world. */
export function createTools(
  clock: Clock,
  outside: Partial<
    Pick<
      Tools,
      | "services"
      | "vision"
      | "observe"
      | "policies"
      | "linkHosts"
      | "intentCache"
      | "matchCharacter"
    >
  > = {},
): Tools {
  const knowledge = loadKnowledge();
  const retrieval = createRetrieval(knowledge);
  return {
    knowledge,
    retrieval,
    advise: createAdvise(knowledge, retrieval),
    characters: createCharacters(knowledge),
    prices: createPriceLookup(knowledge),
    collection: createCollectionLookup(knowledge),
    executor: createExecutor(),
    services: {},
    vision: undefined,
    policies,
    linkHosts: [],
    clock,
    ...outside,
  };
}

/** Makes what the first question about a thing would wait for. */
export function warmUp({ retrieval, advise }: Pick<Tools, "retrieval" | "advise">): void {
  for (const finding of retrieval.find("패트뼝")) advise(finding); // a misspelt name: every index is asked
}
