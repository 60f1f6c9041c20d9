import { expect, test } from "bun:test";
import { centersStartingWith, findCenter } from "./district-centers.ts";
import { distanceMeters, refusePlace } from "./place.ts";

/** Known to everybody: city and district halls. */
const halls: [string, number, number][] = [
  ["서울 강남구", 37.517, 127.047],
  ["마포구", 37.566, 126.901],
  ["부산 해운대구", 35.163, 129.163],
  ["대구 수성구", 35.858, 128.63],
  ["경기 수원시 영통구", 37.259, 127.046],
  ["영통구", 37.259, 127.046],
  ["수원시", 37.263, 127.028],
  ["인천광역시 부평구", 37.507, 126.722],
  ["강원 강릉시", 37.752, 128.876],
  ["제주특별자치도 서귀포시", 33.254, 126.56],
  ["울릉군", 37.484, 130.906],
  ["강남역", 37.498, 127.028],
  ["세종시", 36.48, 127.289],
];
test.each(halls)("%s lies where its hall is, or near", (name, latitude, longitude) => {
  const center = findCenter(name);
  if (!center) throw new Error("unknown");
  expect(refusePlace(center)).toBeUndefined();
  // middles of large districts lie away from their halls
  expect(distanceMeters(center, { latitude, longitude })).toBeLessThan(15_000);
});

test("every district lies in Korea, and there are about 250", () => {
  const starts =
    "가나다라마바사아자차카타파하강경고광구군금김남논달대동마무미보부북서성속수시안양여영예오옥완용울원은의이익인임장전정제종중진창천철청춘충칠태통평포하함합해홍화횡";
  const all = new Set(Array.from(starts).flatMap((start) => centersStartingWith(start, 1000)));
  expect(all.size).toBeGreaterThan(240);
  for (const center of all) expect(refusePlace(center)).toBeUndefined();
});

test("a name of several provinces needs its province", () => {
  expect(findCenter("중구")).toBeUndefined();
  expect(findCenter("부산 중구")?.name).toBe("부산 중구");
  expect(findCenter("서울 해운대구")).toBeUndefined();
  expect(centersStartingWith("중구", 10).map(({ name }) => name)).toContain("대전 중구");
});

test("nothing is found for nothing", () => {
  expect(findCenter(" ")).toBeUndefined();
  expect(findCenter("없는군")).toBeUndefined();
  expect(centersStartingWith("  ", 5)).toEqual([]);
});
