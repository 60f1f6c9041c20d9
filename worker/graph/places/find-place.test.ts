import { expect, test } from "bun:test";
import { findKind, findRadius } from "./find-kind.ts";
import { centerOf, findDistrict, findPlaceName } from "./find-place.ts";
import { usablePlace } from "./usable-place.ts";

/** Message, district, place. */
const places: [string, string | undefined, string | undefined][] = [
  ["마포구 소파 버리는 법", "마포구", "마포구"],
  ["서울시 마포구에서 소파 버리려면", "서울 마포구", "서울 마포구"],
  ["서울특별시 강남구 대형폐기물", "서울 강남구", "서울 강남구"],
  ["서울 중구 대형폐기물 신청", "서울 중구", "서울 중구"],
  ["중구에서 침대 버리기", "중구", "중구"],
  ["강서구 소파", "강서구", "강서구"],
  ["부산진구에서 책상 버려요", "부산진구", "부산진구"],
  ["인천 서구 폐건전지 수거함", "인천 서구", "인천 서구"],
  ["수원시 영통구 냉장고", "수원시 영통구", "수원시 영통구"],
  ["경기도 수원시 영통구 장롱", "경기 수원시 영통구", "경기 수원시 영통구"],
  ["부산 해운대구에 사는데 소파 버릴래", "부산 해운대구", "부산 해운대구"],
  ["대구시 수성구 폐가전", "대구 수성구", "대구 수성구"],
  ["광주광역시 북구 매트리스", "광주 북구", "광주 북구"],
  ["광주시 매트리스", "광주시", "광주시"],
  ["강남에서 소파 버리기", "강남구", "강남구"],
  ["분당 재활용센터", "분당구", "분당구"],
  ["천안 리필샵", "천안시", "천안시"],
  ["군포시 옷장", "군포시", "군포시"],
  ["성동구청 전화번호", "성동구", "성동구"],
  ["세종시 대형폐기물", "세종", "세종"],
  ["제주도 고물상", undefined, "제주"],
  ["강원도 고성군 소파", "강원 고성군", "강원 고성군"],
  ["강남역 근처 제로웨이스트샵", undefined, "강남역"],
  ["서울역에서 가까운 약국", undefined, "서울역"],
  ["역삼동 고물상", undefined, "역삼동"],
  ["마포구 합정동 재활용센터", "마포구", "마포구 합정동"],
  ["테헤란로 152 근처 카페", undefined, "테헤란로 152"],
  ["대구 날씨", undefined, "대구"],
  ["서울에서 소파", undefined, "서울"],
  // words that only look like places
  ["가구 버리는 법", undefined, undefined],
  ["전구 버리는 법", undefined, undefined],
  ["도구는 어떻게 버려?", undefined, undefined],
  ["친구랑 지구 살리기", undefined, undefined],
  ["입구가 좁아요", undefined, undefined],
  ["이 구역 처리 방법", undefined, undefined],
  ["우리 지역 규정", undefined, undefined],
  ["소파 버리려면 얼마야", undefined, undefined],
  ["운동 기구 버리면 돼?", undefined, undefined],
  ["수정 테이프 버리는 법", undefined, undefined],
  ["공주 인형 버리기", undefined, undefined],
  ["농구공 버리기", undefined, undefined],
  ["자동 급식기 버려", undefined, undefined],
  ["라면 봉지 버리는 법", undefined, undefined],
  ["동해 바다 쓰레기", undefined, undefined],
];
test.each(places)("%s names the district %s and the place %s", (message, district, place) => {
  expect(findDistrict(message)?.name).toBe(district as string);
  expect(findPlaceName(message)).toBe(place as string);
});

test("a name that several provinces have brings them all", () => {
  expect(findDistrict("중구 소파")?.provinces).toHaveLength(6);
  expect(findDistrict("고성군 소파")?.provinces).toEqual(["강원", "경남"]);
  expect(findDistrict("부산 중구 소파")?.provinces).toEqual(["부산"]);
});

test.each([
  ["근처 제로웨이스트샵", "제로웨이스트샵", undefined, undefined],
  ["제로 웨이스트 가게 어디", "제로웨이스트샵", undefined, undefined],
  ["리필 스테이션 있어?", "리필스테이션", undefined, undefined],
  ["고물상 3km 이내", "고물상", undefined, 3000],
  ["폐지 매입하는 곳", "고물상", undefined, undefined],
  ["아름다운 가게", "아름다운가게", undefined, undefined],
  ["주민센터 위치", "주민센터", undefined, undefined],
  ["가까운 약국", "약국", "PHARMACY", undefined],
  ["500m 안 편의점", "편의점", "CONVENIENCE", 500],
  ["대형마트 수거함 있는 데", "재활용센터", undefined, undefined],
  ["페트병 무인 회수기", "네프론", undefined, undefined],
  ["반경 1.5킬로 카페", "카페", undefined, 1500],
  ["고철 kg당 얼마", undefined, undefined, undefined],
  ["심심해", undefined, undefined, undefined],
] as const)("%s looks for %s (%s) within %s", (message, query, category, radius) => {
  expect<unknown>([findKind(message)?.query, findKind(message)?.category]).toEqual([
    query,
    category,
  ]);
  expect<unknown>(findRadius(message)).toBe(radius);
});

test.each([
  ["서울 마포구", 37.56],
  ["마포구 합정동", 37.56],
  ["수원시 영통구", 37.25],
  ["홍천군", 37.74],
  ["강남역", 37.5],
  ["경기", 37.29],
] as const)("%s is known without a geocoder", (name, latitude) => {
  expect(centerOf(name)?.latitude).toBeCloseTo(latitude, 1);
});

test("what is not known is not guessed", () => {
  for (const name of ["중구", "없는동", "테헤란로 152"]) expect(centerOf(name)).toBeUndefined();
});

test.each([
  { name: "a place in Korea", at: [37.5, 127], usable: true, says: undefined },
  { name: "swapped coordinates", at: [127, 37.5], usable: false, says: "바뀐" },
  { name: "a place abroad", at: [48.85, 2.35], usable: false, says: "한국 밖" },
  { name: "NaN", at: [Number.NaN, 127], usable: false, says: "읽을 수 없" },
  { name: "zero, zero", at: [0, 0], usable: false, says: undefined },
])("$name", ({ at, usable, says }) => {
  const [latitude = 0, longitude = 0] = at;
  const found = usablePlace({ latitude, longitude });
  expect(found.place !== undefined).toBe(usable);
  if (says === undefined) expect(found.problem).toBeUndefined();
  else expect(found.problem).toContain(says);
});
