import { expect, test } from "bun:test";
import { loadKnowledge } from "./load.ts";
import { createRetrieval } from "./retrieve.ts";

const { find } = createRetrieval(loadKnowledge());

test.each<[string, Record<string, string[]>]>([
  ["깨진 형광등", { "깨진 형광등": ["깨진_조명기기", "깨짐"] }],
  ["형광등이 깨졌어요", { 형광등직관형: ["깨진_조명기기", "깨짐"] }],
  ["소주병이 깨졌는데", { 소주병: ["깨짐", "유리병_깨짐"] }],
  ["깨진 거울이랑 우유팩", { 거울: ["깨짐"], 우유팩: [] }],
  ["우유팩이랑 깨진 거울", { 우유팩: [], 거울: ["깨짐"] }],
  ["기름 묻은 피자박스", { "피자 상자": ["기름기_오염"] }],
  ["국물 밴 컵라면", { "컵라면 용기(스티로폼)": ["오염_심함"] }],
  ["기름종이", { 종이호일: [] }],
  ["라벨 떼고 페트병 버려?", { 무색페트병: ["비닐_라벨_완전_제거됨"] }],
  ["유리로 된 반찬통", { "유리 반찬통": [] }],
  ["유리로 된 샴푸통", { 샴푸통: ["유리_재질"] }],
  ["건전지 넣는 장난감", { 장난감: ["배터리_포함"] }],
  ["가스 남은 부탄가스", { 부탄가스: ["가스_잔존_의심", "가스제거_필요"] }],
  ["보조배터리 부풀었어", { 보조배터리: ["위험물질_의심", "발열_OR탄화_흔적"] }],
])("situations are read from: %s", (message, expected) => {
  const read = find(message).map(({ item, tags }) => [item?.name, tags.map(({ name }) => name)]);
  expect(Object.fromEntries(read)).toEqual(expected);
});

test("tags come with safety first", () => {
  const [finding] = find("국물 묻고 냄새나는 깨진 형광등");
  const priorities = finding?.tags.map(({ priority }) => priority) ?? [];
  expect(priorities.length).toBeGreaterThan(1);
  expect(priorities).toEqual(priorities.toSorted((a, b) => a - b));
});
