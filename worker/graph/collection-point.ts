import type { CollectionPointFact } from "../llm/facts.ts";
import type { Query, Tools } from "./run-context.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

/** Where collection boxes usually stand and what they take; local data knows no addresses. */
export function collectionPoint(tools: Tools): SubAgentSpec<readonly CollectionPointFact[]> {
  const { collection, retrieval, knowledge } = tools;

  const pointsFor = ({ text, job }: Query) => {
    for (const part of [text, job.message]) {
      const named = collection.findCollectionPoints(part);
      if (named.length > 0) return named;
      const byClass = retrieval
        .find(part)
        .flatMap(({ rule }) => collection.collectionPointsForClass(rule.middle));
      if (byClass.length > 0) return [...new Set(byClass)];
    }
    // a class without a box of its own is answered by its rule; a bare "수거함?" by all boxes
    return retrieval.find(job.message).length > 0 ? [] : knowledge.collectionPoints;
  };

  return {
    node: "collection_point",
    work: async (query) => {
      const points = pointsFor(query);
      if (points.length > 0) {
        return points.map(({ name, where, accepts, rejects, ask, note }) => ({
          name,
          where,
          accepts,
          rejects,
          ask,
          note,
        }));
      }
      const things = [...retrieval.find(query.text), ...retrieval.find(query.job.message)];
      return [...new Set(things.map(({ rule }) => rule))].map((rule) => ({
        name: `${rule.middle} 내놓는 곳`,
        where: [
          rule.destination,
          ...(rule.destination_fallback ? [rule.destination_fallback] : []),
        ],
        accepts: [],
        rejects: [],
        ask: ["관할 시·군·구청 청소(자원순환)과", "주민센터"],
        note: rule.local_note,
      }));
    },
    result: (found) => ({ found: (found?.length ?? 0) > 0, count: found?.length ?? 0 }),
  };
}
