import { expect, test } from "bun:test";
import { distanceMeters, distanceText, refusePlace } from "./place.ts";
import { provinceOf, readDistrict } from "./regions.ts";

test.each([
  { latitude: 37.5, longitude: 127, code: undefined },
  { latitude: 33.11, longitude: 126.27, code: undefined },
  { latitude: 37.24, longitude: 131.87, code: undefined },
  { latitude: 127, longitude: 37.5, code: "swapped_coordinates" },
  { latitude: 0, longitude: 0, code: "no_location" },
  { latitude: Number.NaN, longitude: 127, code: "not_a_number" },
  { latitude: 37, longitude: Number.POSITIVE_INFINITY, code: "not_a_number" },
  { latitude: 40.7, longitude: -74, code: "outside_korea" },
  { latitude: 35.68, longitude: 139.69, code: "outside_korea" },
])("$latitude, $longitude is $code", ({ latitude, longitude, code }) => {
  const refused = refusePlace({ latitude, longitude });
  expect(refused?.providerCode).toBe(code);
  if (refused) expect(refused.message).not.toMatch(/\d\.\d/);
});

test("distances are told as people read them", () => {
  expect(distanceText(418.4)).toBe("418m");
  expect(distanceText(999.6)).toBe("1.0km");
  expect(distanceText(1234)).toBe("1.2km");
});

test("a degree of latitude is about 111 km", () => {
  const from = { latitude: 37, longitude: 127 };
  expect(distanceMeters(from, { latitude: 38, longitude: 127 })).toBeCloseTo(111_195, -2);
  expect(distanceMeters(from, from)).toBe(0);
});

test.each([
  { text: "서울시 마포구", province: "서울", name: "마포구" },
  { text: "서울특별시  강남구", province: "서울", name: "강남구" },
  { text: "수원시 영통구", province: undefined, name: "수원시 영통구" },
  { text: "경기도 수원시 영통구", province: "경기", name: "수원시 영통구" },
  { text: "광주시", province: undefined, name: "광주시" },
  { text: "광주시 서구", province: "광주", name: "서구" },
  { text: "전라북도 전주시", province: "전북", name: "전주시" },
  { text: "마포구", province: undefined, name: "마포구" },
  { text: "", province: undefined, name: "" },
])("'$text' is $name in $province", ({ text, province, name }) => {
  expect(readDistrict(text)).toEqual({ province, name });
});

test("a province has one short name however it is written", () => {
  expect(["강원도", "강원특별자치도", "강원"].map(provinceOf)).toEqual(["강원", "강원", "강원"]);
  expect(provinceOf("마포구")).toBeUndefined();
});
