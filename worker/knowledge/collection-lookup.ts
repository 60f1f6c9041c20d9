import type { Middle } from "./classes.ts";
import type { CollectionPoint, Knowledge } from "./schema.ts";
import { createSpotter } from "./spot.ts";
import { normalise, readText } from "./text.ts";
import { disposalWords } from "./wording.ts";

export type CollectionItemType = CollectionPoint["item_type"];

/** What local data can honestly say about collection boxes: where they usually are, never an address. */
export type CollectionLookup = {
  /** The boxes a message asks about, in its order. */
  findCollectionPoints: (message: string) => CollectionPoint[];
  collectionPointFor: (itemType: CollectionItemType) => CollectionPoint | undefined;
  collectionPointsForClass: (middle: Middle) => CollectionPoint[];
};

const placeWords = "어디 위치 근처 가까운 주변 찾아 박스 통".split(" ");

export function createCollectionLookup({ collectionPoints }: Knowledge): CollectionLookup {
  const names = collectionPoints.flatMap((point) =>
    [point.name, ...point.words].map((word): [string, CollectionPoint] => [normalise(word), point]),
  );
  const spot = createSpotter(names, [...disposalWords, ...placeWords]);
  return {
    findCollectionPoints: (message) => [
      ...new Set(spot(readText(message)).spotted.map(({ value }) => value)),
    ],
    collectionPointFor: (itemType) => collectionPoints.find((one) => one.item_type === itemType),
    collectionPointsForClass: (middle) => collectionPoints.filter((one) => one.middle === middle),
  };
}
