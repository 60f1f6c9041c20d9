import { expect, test } from "bun:test";
import { createCharacters } from "./characters.ts";
import { loadKnowledge } from "./load.ts";

const knowledge = loadKnowledge();
const { findCharacter, characterForClass, defaultCharacter } = createCharacters(knowledge);

test.each([
  ["이코 누구야", "이코"],
  ["이코가 뭐야?", "이코"],
  ["ECO 캐릭터", "이코"],
  ["페티 소개해줘", "페티"],
  ["Petty가 누구야", "페티"],
  ["캔 캐릭터 누구야", "메탈리"],
  ["유리병 캐릭터", "글래시"],
  ["종이팩 캐릭터는 누구", "팩토리"],
  ["종이 캐릭터는 누구", "페이피"],
  ["비니 소개해줘", "비니"],
  ["옷 캐릭터 얻고싶어", "코튼"],
  ["플라스틱 캐릭터는 누구야?", "플리"],
  ["이코야 유리병 어떻게 버려?", "이코"],
  ["메탈리 얻으려면 뭘 버려야 해?", "메탈리"],
])("%s → %s", (message, name) => {
  expect(findCharacter(message)?.name).toBe(name);
});

test.each([
  "캔 버려도 돼?",
  "캔 모아서 버려도 돼?",
  "유리병 분리수거",
  "옷 수거함 어디",
  "비니 모자 버리기",
  "에코백 버리는 법",
  "이코노미석",
  "일렉 기타",
  "폼이 나네",
  "carpet",
  "바다거북 캐릭터",
  "캐릭터 어떻게 모으나요",
  "",
])("no character is meant by: %s", (message) => {
  expect(findCharacter(message)).toBeUndefined();
});

test("each class of recyclables has its character, and no other class has one", () => {
  expect(characterForClass("종이팩")?.name).toBe("팩토리");
  expect(characterForClass("전기전자제품")?.code).toBe("char-eb7429f0523f");
  expect(characterForClass("대형폐기물")).toBeUndefined();
  const labels = knowledge.characters.map((one) => one.match_label);
  expect(new Set(labels).size).toBe(13);
  expect(defaultCharacter).toMatchObject({ name: "이코", code: "char-eco", match_label: null });
});
