export const storeCategories = [
  "refill_zero",
  "cafe_bakery",
  "vegan_dining",
  "upcycle_recycle",
  "book_workshop",
  "market_mart",
  "lodging",
  "public_dropbox",
  "general",
] as const;
export type StoreCategory = (typeof storeCategories)[number];

export const pickupCategories = [
  "clear_pet",
  "colored_pet",
  "can",
  "paper",
  "plastic",
  "glass",
  "textile",
  "electronics",
  "general",
] as const;
export type PickupCategory = (typeof pickupCategories)[number];

/** The first that fits wins. Latin words count as words only: `pe` is not in `paper`. */
const stores: readonly (readonly [StoreCategory, RegExp])[] = [
  ["refill_zero", words("제로웨이스트|리필|무포장|용기")],
  ["cafe_bakery", words("카페|커피|베이커리|브루어리", "tea")],
  ["vegan_dining", words("비건", "vegan")],
  ["upcycle_recycle", words("되살림|업사이클|리사이클|재활용|수거|리폼|수선|재사용")],
  [
    "book_workshop",
    words("책방|서점|도서관|공방|스튜디오|갤러리|센터|학교|교육|클래스|워크샵|아카데미"),
  ],
  ["market_mart", words("마트|마켓|시장|생협|한살림|아이쿱|하나로|공동구매|무인상점", "coop")],
  // 스테이션 is a station
  ["lodging", words("숙소|게스트하우스|민박|호텔|펜션|호스텔|스테이(?!션)", "stay")],
  ["public_dropbox", words("무인|수거함")],
];

const pickups: readonly (readonly [PickupCategory, RegExp])[] = [
  ["clear_pet", words("무색", "clear")],
  ["colored_pet", words("유색", "colored")],
  ["can", words("캔", "metal")],
  ["paper", words("종이|박스")],
  ["plastic", words("플라스틱", "pp|pe")],
  ["glass", words("유리")],
  ["textile", words("의류|섬유")],
  ["electronics", words("전자")],
];

function words(korean: string, latin?: string): RegExp {
  return new RegExp(latin ? `${korean}|(?<![a-z0-9])(?:${latin})(?![a-z0-9])` : korean);
}

function plain(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** The kind of place, from what is said of it: introduction, name, addresses, memo. */
export function storeCategoryOf(text: string): StoreCategory {
  const said = plain(text);
  return stores.find(([, pattern]) => pattern.test(said))?.[0] ?? "general";
}

/** What a place takes, from the text that lists it; in the order of `pickupCategories`. */
export function pickupCategoriesOf(items: string | null): PickupCategory[] {
  const said = plain(items ?? "");
  const found = pickups.filter(([, pattern]) => pattern.test(said)).map(([name]) => name);
  return found.length > 0 ? found : ["general"];
}
