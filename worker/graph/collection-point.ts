import * as v from "valibot";
import { CollectionPoint } from "../knowledge/schema.ts";
import type { FunctionCall } from "../llm/call-function.ts";
import type { CollectionPointFact } from "../llm/facts.ts";
import { findDistrict, findPlaceName } from "./places/find-place.ts";
import type { Query, Tools } from "./run-context.ts";
import { argumentsBy } from "./services/ask-model.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

const { item_type: ItemType } = CollectionPoint.entries;
const Asked = v.object({ item_type: v.optional(ItemType) });
const collectionPoints: FunctionCall<v.InferOutput<typeof Asked>> = {
  name: "collection_points",
  description: "수거함을 찾는다. item_type은 넣으려는 것의 수거함이다.",
  parameters: {
    type: "object",
    properties: {
      item_type: {
        type: "string",
        enum: [...ItemType.options],
        description: "말에 나온 물건의 수거함. 맞는 것이 없으면 비운다",
      },
    },
    required: [],
  },
  input: Asked,
};

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
  const local = (query: Query, meant?: CollectionPoint): CollectionPointFact[] => {
    const points = meant ? [meant] : pointsFor(query);
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

  /** Words name most of it at once and for nothing; a model knows what "다 쓴 그거, 리모컨에 넣는" goes into. */
  const meantBy = async (query: Query, signal: AbortSignal) => {
    if (retrieval.find(query.job.message).length > 0) return undefined;
    const asked = await argumentsBy(query, collectionPoints, signal);
    return asked?.item_type && collection.collectionPointFor(asked.item_type);
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
      const named = namedIn(query);
      const meant = named ? undefined : await meantBy(query, signal);
      const itemType = (named ?? meant)?.item_type;
      const found = await (services.points ?? services.ownPoints)?.(itemType)(query, signal);
      return [...(found ? [found] : []), ...local(query, meant)];
    },
    fallback: async (query) => local(query),
    result: (found) => ({ found: (found?.length ?? 0) > 0, count: found?.length ?? 0 }),
  };
}
