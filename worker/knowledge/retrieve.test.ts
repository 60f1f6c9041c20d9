import { expect, test } from "bun:test";
import fc from "fast-check";
import { loadKnowledge } from "./load.ts";
import { createRetrieval } from "./retrieve.ts";

const knowledge = loadKnowledge();
const { find, retrieveByClass } = createRetrieval(knowledge);

/** The items found, in order; a finding without an item shows its class. */
function named(message: string): string[] {
  return find(message).map(({ item, rule }) => item?.name ?? rule.middle);
}

const asked: [message: string, things: string[]][] = [
  ["뽁뽁이 버리는법", ["뽁뽁이"]],
  ["뽁뽁이버리는법", ["뽁뽁이"]],
  ["치킨박스", ["치킨 상자"]],
  ["컵라면용기는요?", ["컵라면 용기(스티로폼)"]],
  ["컵라면 용기", ["컵라면 용기(스티로폼)"]],
  ["컵라면", ["컵라면 용기(스티로폼)"]],
  ["페트병 어떻게 버려?", ["무색페트병"]],
  ["투명 페트병은?", ["무색페트병"]],
  ["종이 버리는 법이랑 수거함도 알려줘", ["종이"]],
  ["생수병", ["먹는샘물PET병"]],
  ["스치로폼박스", ["스티로폼 상자"]],
  ["밧데리", ["건전지"]],
  ["깨진 유리컵", ["깨진유리"]],
  ["닭뼈 음식물쓰레기야?", ["뼈", "남은음식"]],
  ["보조배터리 부풀었어", ["보조배터리"]],
  ["페트병이랑 우유팩 어떻게 버려?", ["무색페트병", "우유팩"]],
  ["페트병이랑우유팩어떻게버려", ["무색페트병", "우유팩"]],
  ["콜라페트병이랑캔하고신문지", ["무색페트병(탄산음료)", "알루미늄캔", "신문지"]],
  ["종이컵", ["종이컵"]],
  ["종이컵도 종이야?", ["종이컵"]],
  ["유리 반찬통", ["유리 반찬통"]],
  ["반찬통", ["PP용기"]],
  ["깨진 형광등", ["깨진 형광등"]],
  ["못 어떻게 버려?", ["못"]],
  ["약은요?", ["의약품"]],
  ["먹다 남은 약 어디에 버려", ["의약품"]],
  ["옷 버려도 되나요", ["의류"]],
  ["겨울 옷 어디 버려", ["의류"]],
  ["여름이불", ["이불"]],
  ["소주병은 분리수거인가요", ["소주병"]],
  ["맥주병이요", ["맥주병"]],
  ["참치캔", ["참치캔"]],
  ["캔이랑 종이", ["알루미늄캔", "종이"]],
  ["부탄가스 버리는 방법", ["부탄가스"]],
  ["라이터는?", ["라이터"]],
  ["우산이 부러졌어", ["우산"]],
  ["후라이팬", ["프라이팬"]],
  ["후라이펜 버릴건데", ["프라이팬"]],
  ["냄비뚜껑", ["냄비 유리뚜껑"]],
  ["텀블러요", ["텀블러"]],
  ["영수증 종이에 넣어도 돼?", ["감열지영수증", "종이"]],
  ["택배 송장", ["택배송장"]],
  ["휴지심", ["휴지심"]],
  ["달걀판", ["달걀판(종이)"]],
  ["계란껍질", ["달걀껍데기"]],
  ["양파껍질은 음쓰야?", ["양파 껍질", "남은음식"]],
  ["바나나 껍질", ["수박껍질"]],
  ["수박껍질", ["수박껍질"]],
  ["커피찌꺼기 버리는법", ["커피 찌꺼기"]],
  ["김치", ["김치"]],
  ["고추장", ["된장"]],
  ["식용유", ["폐식용유"]],
  ["기름 묻은 피자박스", ["피자 상자"]],
  ["국물 밴 컵라면", ["컵라면 용기(스티로폼)"]],
  ["배민용기", ["배달 플라스틱 용기"]],
  ["두부곽", ["플라스틱트레이"]],
  ["요구르트병", ["요구르트병"]],
  ["햇반 용기", ["즉석밥 용기"]],
  ["치약튜브", ["치약 튜브"]],
  ["칫솔이랑 면도기", ["칫솔", "일회용 면도기"]],
  ["빨대", ["빨대"]],
  ["아이스팩", ["아이스팩(젤)"]],
  ["마스크", ["마스크"]],
  ["물티슈", ["물티슈"]],
  ["기저귀 어디버려", ["기저귀"]],
  ["고양이모래", ["고양이 모래"]],
  ["고무장갑", ["고무장갑"]],
  ["비닐봉다리", ["일회용비닐봉투"]],
  ["과자봉지", ["과자봉지"]],
  ["양파망", ["농산물그물망"]],
  ["스티로폼 상자", ["스티로폼 상자"]],
  ["아이스박스", ["아이스박스"]],
  ["건전지", ["건전지"]],
  ["자동차 밧데리", ["납축전지"]],
  ["폐건전지는 어디에", ["건전지"]],
  ["형광등", ["형광등직관형"]],
  ["LED 전구", ["LED전구형"]],
  ["냉장고 무상수거", ["냉장고"]],
  ["세탁기랑 에어컨", ["세탁기", "에어컨"]],
  ["선풍기랑 밥솥이랑 전자레인지 버리고싶어", ["선풍기", "전기밥솥", "전자레인지"]],
  ["무선이어폰", ["무선이어폰"]],
  ["전자담배 버리기", ["전자담배"]],
  ["휴대폰", ["휴대폰"]],
  ["노트북 버리려는데", ["노트북"]],
  ["소파", ["소파"]],
  ["매트리스 버리는데 얼마야", ["매트리스"]],
  ["의자랑 책상", ["의자", "책상"]],
  ["캐리어", ["캐리어"]],
  ["자전거", ["자전거"]],
  ["곰인형", ["인형"]],
  ["베개", ["베개"]],
  ["전기장판", ["전기장판"]],
  ["거울", ["거울"]],
  ["머그컵", ["도자기"]],
  ["화분", ["화분"]],
  ["페인트", ["페인트"]],
  ["수은 온도계", ["수은함유폐기물"]],
  ["본드", ["접착제"]],
  ["변기", ["변기"]],
  ["타일", ["타일"]],
  ["종이컵 말고 플라스틱컵은?", ["종이컵", "컵"]],
  ["플라스틱 버리는 법", ["플라스틱류"]],
  ["비닐은 어떻게 해", ["비닐류"]],
  ["음식물쓰레기 버리는 법", ["남은음식"]],
  ["우유펙 버리는법", ["우유팩"]],
  ["건전치 어디 버려요", ["건전지"]],
  ["냉장거 버리기", ["냉장고"]],
  ["휴대푼", ["휴대폰"]],
  ["커피켑슐", ["커피 캡슐"]],
  ["뽁뽂이", ["뽁뽁이"]],
  ["스티로퐁 상자", ["스티로폼식품용기"]],
  ["세탁긴데", ["세탁기"]],
  ["형강등 버리는곳", ["형광등직관형"]],
  ["매트리쓰", ["매트리스"]],
];

test.each(asked)("%s", (message, things) => {
  expect(named(message)).toEqual(things);
});

test("the table is long enough to mean something", () => {
  expect(asked.length).toBeGreaterThanOrEqual(80);
});

test.each([
  "버릇 버리는 법",
  "시간 버렸어",
  "나쁜 습관 버리기",
  "자존심 버리고 말했어",
  "희망을 버리지 마",
  "사람 버리고 떠났다",
  "버려진 강아지 신고",
  "스트레스 버리는 법",
  "까먹어 버렸네",
  "이거 못 버리겠어",
  "약 3시간 기다렸어",
  "약속 잡자",
  "책임지고 해줘",
  "책 추천해줘",
  "못생겼어",
  "옷깃이 스쳤다",
  "칼퇴근하고 싶다",
  "캔디 맛있다",
  "펜션 예약",
  "쇠고기 요리",
  "삽질했네",
  "철학이 뭐야",
  "이불킥 했어",
  "사기당했어",
  "파일 보내줘",
  "로봇 만들어줘",
  "여러 가지 방법",
  "가장 좋은 방법 알려줘",
  "겨울 날씨 어때",
  "외출 중이야",
  "라이티 누구야",
  "오늘 뭐 먹지",
  "안녕하세요",
  "재활용이 뭐야",
  "분리수거 요일 알려줘",
  "이건 어떻게 버려?",
  "블루투스 뚜르르 어떻게 버려?",
  "ㅋㅋㅋㅋ",
  "??",
  "",
])("nothing is found in: %s", (message) => {
  expect(find(message)).toEqual([]);
});

test("every name and synonym leads to its own item", () => {
  const lost = knowledge.items.flatMap((item) =>
    [item.name, ...item.synonyms].filter(
      (name) => !find(`${name} 어떻게 버려?`).some((finding) => finding.item === item),
    ),
  );
  expect(lost).toEqual([]);
});

test.each([
  { message: "종이컵", method: "exact", matched: "종이컵" },
  { message: "생 수 병 버려요", method: "alias", matched: "생 수 병" },
  { message: "우유펙은 어떻게", method: "fuzzy", matched: "우유펙" },
  { message: "플라스틱은요?", method: "rule-keyword", matched: "플라스틱" },
])("$message is found by $method as typed", ({ message, method, matched }) => {
  expect(find(message)[0]).toMatchObject({ method, matched });
});

test("what is refused or only in passing scores below what is asked", () => {
  const score = (message: string, name: string) =>
    find(message).find(({ item }) => item?.name === name)?.score ?? 0;
  expect(score("종이컵 말고 플라스틱컵은?", "종이컵")).toBeLessThan(0.5);
  expect(score("신문지에 싼 칼", "신문지")).toBeLessThan(score("신문지에 싼 칼", "칼"));
  expect(score("노트북가방", "노트북")).toBeLessThan(score("노트북가방", "가방"));
});

test("a limit keeps the surest, in the order of the message", () => {
  const message = "신문지에 싼 칼이랑 우유팩이랑 페트병";
  expect(find(message, { limit: 2 }).map(({ matched }) => matched)).toEqual(["칼", "우유팩"]);
  expect(find(message, { minScore: 0.9 }).map(({ matched }) => matched)).not.toContain("신문지");
});

test("decomposed Hangul and odd spacing change nothing", () => {
  expect(find("뽁뽁이 버리는 법".normalize("NFD"))[0]?.item?.name).toBe("뽁뽁이");
  expect(named("  페 트 병!!  ")).toEqual(named("페트병"));
});

test("any text is answered: scores stay in 0..1 and what matched was typed", () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom(...asked.map(([message]) => message)),
          fc.string({ unit: "binary", maxLength: 12 }),
        ),
        { maxLength: 6 },
      ),
      (parts) => {
        const message = parts.join(" ");
        for (const { score, matched } of find(message)) {
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(message.normalize("NFC")).toContain(matched);
        }
      },
    ),
  ));

test("a class brings its rule and its items", () => {
  const pack = retrieveByClass("종이팩");
  expect(pack?.rule.id).toBe("rule-paper-pack");
  expect(pack?.items.map(({ name }) => name)).toContain("우유팩");
  expect(retrieveByClass("미분류")).toMatchObject({ rule: { id: "rule-unclassified" }, items: [] });
});
