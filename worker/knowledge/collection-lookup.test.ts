import { expect, test } from "bun:test";
import { createCollectionLookup } from "./collection-lookup.ts";
import { loadKnowledge } from "./load.ts";

const lookup = createCollectionLookup(loadKnowledge());

test.each([
  ["의류수거함 어디 있어", ["clothes"]],
  ["헌옷이랑 폐건전지 어디에 버려", ["clothes", "battery"]],
  ["형광등 수거함 위치", ["fluorescent_lamp"]],
  ["약 어디다 버려요", ["medicine"]],
  ["핸드폰 버리는 곳", ["phone"]],
  ["노트북 어디에 내놔", ["small_electronics"]],
  ["폐식용유 수거함", ["cooking_oil"]],
  ["우유팩 모으는 곳", ["paper_pack"]],
  ["약국 어디야", []],
  ["오늘 날씨", []],
])("%s", (message, types) => {
  const found = lookup.findCollectionPoints(message);
  expect(found.map((point) => point.item_type as string)).toEqual(types);
});

test("a class leads to its boxes, and a class without any to none", () => {
  const types = lookup.collectionPointsForClass("전기전자제품").map((one) => one.item_type);
  expect(types).toEqual(["phone", "small_electronics"]);
  expect(lookup.collectionPointsForClass("종이")).toEqual([]);
  expect(lookup.collectionPointFor("medicine")?.where[0]).toContain("보건소");
});
