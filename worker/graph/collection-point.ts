import type { CollectionPointFact } from "../llm/facts.ts";
import { findDistrict, findPlaceName } from "./places/find-place.ts";
import type { Query, Tools } from "./run-context.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

/** Where collection boxes stand: by address where a service knows, and where they usually are. */
export function collectionPoint(tools: Tools): SubAgentSpec<readonly CollectionPointFact[]> {
  const { collection, retrieval, knowledge, services } = tools;

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

  const namedIn = ({ text, job }: Query) =>
    collection.findCollectionPoints(text)[0] ?? collection.findCollectionPoints(job.message)[0];
  const local = (query: Query): CollectionPointFact[] => {
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
      where: [rule.destination, ...(rule.destination_fallback ? [rule.destination_fallback] : [])],
      accepts: [],
      rejects: [],
      ask: ["관할 시·군·구청 청소(자원순환)과", "주민센터"],
      note: rule.local_note,
    }));
  };

  return {
    node: "collection_point",
    // boxes without a thing or a place: the answer could only list every kind there is
    needs: (query) => {
      const { text, job, place } = query;
      const isPlaced = place !== undefined || findDistrict(job.message) !== undefined;
      const isNamed = namedIn(query) !== undefined || retrieval.find(job.message).length > 0;
      if (isPlaced || isNamed || findPlaceName(text) !== undefined) return undefined;
      return {
        type: "location",
        message: "어느 동네의 수거함을 찾으시나요? 위치나 시·군·구를 알려 주세요.",
      };
    },
    work: async (query, signal) => {
      const itemType = namedIn(query)?.item_type;
      const found = await (services.points ?? services.ownPoints)?.(itemType)(query, signal);
      return [...(found ? [found] : []), ...local(query)];
    },
    fallback: async (query) => local(query),
    result: (found) => ({ found: (found?.length ?? 0) > 0, count: found?.length ?? 0 }),
  };
}
