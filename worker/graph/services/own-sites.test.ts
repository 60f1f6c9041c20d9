import { expect, test } from "bun:test";
import type { NearbySearch, NearSite } from "../../../shared/locations/search-nearby.ts";
import { createLog } from "../../../shared/log.ts";
import type { Query } from "../run-context.ts";
import { type OwnSites, ownPlaces, ownPoints } from "./own-sites.ts";

const site: NearSite = {
  id: 1,
  name: "가람 수거함",
  source: "keco",
  road_address: "서울 강남구 시험로 1",
  lot_address: null,
  latitude: 37.5,
  longitude: 127,
  store_category: "refill_zero",
  pickup_categories: ["electronics"],
  phone: null,
  homepage: null,
  items: "전자제품",
  is_sample: false,
  meters: 420,
  hours: null,
};
const query = (text: string, more: Partial<Query> = {}): Query => ({
  text,
  job: { message: text } as Query["job"],
  seen: null,
  why: "asked",
  place: undefined,
  placeProblem: undefined,
  choice: undefined,
  model: undefined,
  log: createLog(() => {}),
  ...more,
});
const { signal } = new AbortController();
const here = { latitude: 37.5, longitude: 127 };

function holding(found: readonly NearSite[] | Error) {
  const asked: NearbySearch[] = [];
  const texts: string[] = [];
  const answer = async () => {
    if (found instanceof Error) throw found;
    return found;
  };
  const sites: OwnSites = {
    searchNearby: async (search) => (asked.push(search), answer()),
    findByText: async ({ text }) => (texts.push(text), answer()),
  };
  return { sites, asked, texts };
}

test("places of a kind are looked for around the person, with distances", async () => {
  const { sites, asked } = holding([site]);
  const found = await ownPlaces(sites)(
    query("근처 제로웨이스트샵 500m 안", { place: here }),
    signal,
  );
  expect(asked).toMatchObject([{ place: here, radiusMeters: 500, stores: ["refill_zero"] }]);
  expect(found?.lines[0]).toBe("가람 수거함 · 420m · 서울 강남구 시험로 1 · 전자제품");
  expect(found?.lines.at(-1)).toContain("자료:");
});

test("a district is looked around by its middle, without distances", async () => {
  const { sites, asked } = holding([site]);
  const found = await ownPlaces(sites)(query("마포구 재활용센터", { place: here }), signal);
  expect(asked[0]?.place.latitude).toBeCloseTo(37.56);
  expect(found?.title).toContain("마포구");
  expect(found?.lines[0]).not.toContain("420m");
});

test.each([
  ["nothing near", [], here],
  ["a store that fails", new Error("away"), here],
  ["no place", [site], undefined],
] as const)("%s means it is not set up, and nothing is made up", async (_name, found, place) => {
  const { sites } = holding(found);
  const failing = ownPlaces(sites)(query("재활용센터", { place }), signal);
  expect(await failing.catch((error: Error) => error.message)).toBe("NOT_CONFIGURED");
});

test("collection points come by the district that is named, for the thing that is named", async () => {
  const { sites, texts } = holding([site, { ...site, id: 2, pickup_categories: ["textile"] }]);
  const points = ownPoints(sites);
  const found = await points("battery")(query("강남구 폐건전지 수거함"), signal);
  expect(texts).toEqual(["강남구"]);
  expect(found?.where).toHaveLength(1);
  expect(await points("medicine")(query("강남구 폐의약품 수거함"), signal)).toBeUndefined();
  const failing = ownPoints(holding(new Error("away")).sites);
  expect(await failing("battery")(query("강남구 폐건전지"), signal)).toBeUndefined();
});
