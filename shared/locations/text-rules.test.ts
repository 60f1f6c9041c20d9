import { expect, test } from "bun:test";
import fc from "fast-check";
import { pickupCategories, pickupCategoriesOf, storeCategoryOf } from "./categories.ts";
import { hoursOf, readHours, weekdayIn } from "./opening-hours.ts";
import { cleanPhone } from "./phone.ts";
import { blankSite, rowOf } from "./site.ts";

test.each([
  ["알맹이 제로웨이스트 카페", "refill_zero"],
  ["동네 커피", "cafe_bakery"],
  ["Green TEA house", "cafe_bakery"],
  ["steak house", "general"],
  ["Vegan kitchen", "vegan_dining"],
  ["수선집", "upcycle_recycle"],
  ["작은 도서관", "book_workshop"],
  ["한살림 매장", "market_mart"],
  ["coop shop", "market_mart"],
  ["북스테이", "lodging"],
  ["숲 스테이션", "general"],
  ["stay here", "lodging"],
  ["mainstay", "general"],
  ["무인 보관소", "public_dropbox"],
  ["골목 가게", "general"],
] as const)("%s is %s", (text, category) => {
  expect<string>(storeCategoryOf(text)).toBe(category);
});

test.each([
  ["무색 PET", ["clear_pet"]],
  ["paper", ["general"]],
  ["open space, petrol, carpet", ["general"]],
  ["PE/PP 용기", ["plastic"]],
  ["전자제품, 캔, 종이", ["can", "paper", "electronics"]],
  ["철캔·유색페트", ["colored_pet", "can"]],
  ["의류, 유리병", ["glass", "textile"]],
  ["clear and colored", ["clear_pet", "colored_pet"]],
  ["", ["general"]],
  [null, ["general"]],
] as const)("%p takes %p", (text, found) => {
  expect<readonly string[]>(pickupCategoriesOf(text)).toEqual(found);
});

test("what is taken comes in one order, each once, whatever the text's", () =>
  fc.assert(
    fc.property(
      fc.shuffledSubarray(["무색", "유색", "캔", "종이", "pp", "유리", "의류", "전자"]),
      (words) => {
        const found = pickupCategoriesOf(words.join(", "));
        expect(found).toEqual(pickupCategories.filter((name) => found.includes(name)));
        expect(found).toHaveLength(Math.max(1, words.length));
      },
    ),
  ));

/** Saturday the 21st, 18:30 in Seoul. */
const saturday = Date.parse("2026-11-21T18:30:00+09:00");

test("the day is Seoul's, not the host's", () => {
  expect(weekdayIn(saturday)).toBe("sat");
  expect(weekdayIn(Date.parse("2026-11-21T14:59:00Z"))).toBe("sat");
  expect(weekdayIn(Date.parse("2026-11-21T15:01:00Z"))).toBe("sun");
});

test.each([
  ["09:00 ~ 18:00", false, false, "09:00", "18:00"],
  ["09:00 ~ 19:00", false, true, "09:00", "19:00"],
  ["9:00~18:31", false, true, "09:00", "18:31"],
  ["18:30 - 19:00", false, true, "18:30", "19:00"],
  ["18:00 ~ 02:00", false, true, "18:00", "02:00"],
  ["19:00 ~ 02:00", false, false, "19:00", "02:00"],
  ["00:00 ~ 24:00", false, true, "00:00", "24:00"],
  ["매주 휴무", true, false, null, null],
  ["휴무 (09:00 ~ 18:00)", true, false, null, null],
  ["연중무휴", false, false, null, null],
  ["25:00 ~ 26:99", false, false, null, null],
  ["", null, false, null, null],
  [null, null, false, null, null],
] as const)("%p on a Saturday at 18:30", (text, is_holiday, is_open, start_time, end_time) => {
  expect(readHours(text, saturday)).toEqual({ is_holiday, is_open, start_time, end_time });
});

test("shops of the zero-waste list have no hours", () => {
  expect(hoursOf("zerowaste", "09:00 ~ 23:00", saturday)).toEqual({
    is_holiday: null,
    is_open: false,
    start_time: null,
    end_time: null,
  });
});

test.each([
  ["02)123-4567", "02-123-4567"],
  ["0212345678", "02-1234-5678"],
  ["+82 2 1234 5678", "02-1234-5678"],
  ["010.1234.5678", "010-1234-5678"],
  ["31-234-5678", "031-234-5678"],
  ["1599-0903", "1599-0903"],
  ["０２-１２３-４５６７", "02-123-4567"],
  ["02-123-4567, 02-765-4321", "02-123-4567"],
  ["0507-1234-5678", "0507-1234-5678"],
  ["PHONE", null],
  ["PLACE 02-123-4567", null],
  ["Address", null],
  ["없음", null],
  ["", null],
  [null, null],
] as const)("the number %p is %p", (text, phone) => {
  expect(cleanPhone(text)).toBe(phone);
});

test("a site is called by its best name", () => {
  const nameOf = (facts: Partial<typeof blankSite>) => rowOf({ ...blankSite, ...facts }).shown_name;
  expect(nameOf({ displayName: "가", name: "나", roadAddress: "다" })).toBe("가");
  expect(nameOf({ name: "나", roadAddress: "다" })).toBe("나");
  expect(nameOf({ lotAddress: "라" })).toBe("라");
  expect(nameOf({})).toBe("Zero Waste Spot");
});
