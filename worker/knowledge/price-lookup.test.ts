import { expect, test } from "bun:test";
import { loadKnowledge } from "./load.ts";
import { createPriceLookup, priceIn } from "./price-lookup.ts";

const knowledge = loadKnowledge();
const { prices } = knowledge;
const { findPrices } = createPriceLookup(knowledge);

test.each<[string, string[]]>([
  ["캔 시세 얼마야", ["철캔", "알루미늄캔"]],
  ["고철 kg당 얼마", ["철스크랩"]],
  ["철 가격", ["철스크랩", "철캔"]],
  ["서울 폐지 시세", ["신문지", "골판지"]],
  ["대구에서 알루미늄캔 팔면 얼마 받아?", ["알루미늄캔"]],
  ["소주병색 유리 시세", ["청녹색유리"]],
  ["유리병 시세", ["백색유리", "갈색유리", "청녹색유리"]],
  ["PE 압축 가격", ["PE(압축)"]],
  ["pet 시세", ["PET"]],
  ["페트 플레이크 가격은?", ["PET(플레이크)"]],
  ["플라스틱이랑 비닐 시세", ["PE(압축)", "PP(압축)", "PS(압축)", "PET", "LDPE"]],
  ["제주 신문지 가격", ["신문지"]],
  ["박스 얼마 쳐줘?", ["골판지"]],
])("%s is listed", (message, names) => {
  const answer = findPrices(message);
  expect(answer.status).toBe("listed");
  expect(answer.entries.map(({ name }) => name)).toEqual(names);
});

test.each([
  { message: "구리 시세", status: "not_surveyed", asked: ["구리"] },
  { message: "옷 얼마에 팔아", status: "not_surveyed", asked: ["옷"] },
  { message: "우유팩 시세 알려줘", status: "not_surveyed", asked: ["우유팩"] },
  { message: "소주병 얼마 받아?", status: "deposit", asked: ["소주병"] },
  { message: "오늘 날씨 어때", status: "unnamed", asked: [] },
])("$message is $status", ({ message, status, asked }) => {
  expect(findPrices(message)).toMatchObject({ status, asked, entries: [] });
});

test.each([
  { message: "서울 폐지 시세", region: "capital" },
  { message: "대구에서 알루미늄캔 팔면 얼마 받아?", region: "gyeongbuk" },
  { message: "충청남도 고철 가격", region: "chungnam" },
  { message: "제주 신문지 가격", region: "nationwide" },
  { message: "캔 시세", region: undefined },
])("$message asks about region $region", ({ message, region }) => {
  expect<string | undefined>(findPrices(message).region?.id).toBe(region);
});

test("what the survey lacks is told beside what it has", () => {
  const answer = findPrices("캔이랑 구리 시세");
  expect(answer).toMatchObject({ status: "listed", asked: ["캔"], missing: ["구리"] });
});

test("a region without a price of its own falls back to the nationwide mean", () => {
  const [entry] = prices.entries;
  const [nationwide, capital] = prices.regions;
  if (entry === undefined) throw new Error("no entries");
  expect(priceIn(entry, capital)).toBeUndefined();
  const surveyed = { ...entry, surveyed: "2000-01", prices: { nationwide: 2, capital: 3 } };
  expect(priceIn(surveyed, capital)).toBe(3);
  expect(priceIn(surveyed, nationwide)).toBe(2);
  expect(priceIn({ ...surveyed, prices: { nationwide: 2 } }, capital)).toBe(2);
});
