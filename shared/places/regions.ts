/** The seventeen provinces by short name, with the long names in use now and before. */
const provinces: Readonly<Record<string, readonly string[]>> = {
  서울: ["서울특별시", "서울시"],
  부산: ["부산광역시", "부산시"],
  대구: ["대구광역시", "대구시"],
  인천: ["인천광역시", "인천시"],
  광주: ["광주광역시", "광주시"],
  대전: ["대전광역시", "대전시"],
  울산: ["울산광역시", "울산시"],
  세종: ["세종특별자치시", "세종시"],
  경기: ["경기도"],
  강원: ["강원특별자치도", "강원도"],
  충북: ["충청북도"],
  충남: ["충청남도"],
  전북: ["전북특별자치도", "전라북도"],
  전남: ["전라남도"],
  경북: ["경상북도"],
  경남: ["경상남도"],
  제주: ["제주특별자치도", "제주도"],
};

const shortNames = new Map(
  Object.entries(provinces).flatMap(([short, longs]) =>
    [short, ...longs].map((name) => [name, short] as const),
  ),
);

/** The short name of a province however written, undefined when it is none. */
export function provinceOf(name: string): string | undefined {
  return shortNames.get(name.trim());
}

export interface District {
  /** Short name, when the text began with a province. */
  readonly province: string | undefined;
  /** `마포구`, `수원시 영통구`; empty when only a province was named. */
  readonly name: string;
}

/**
 * Splits `서울시 마포구` into province and district. `광주시` alone is the city in 경기, which has a district
 * of that name; followed by a 구 it is the metropolitan city.
 */
export function readDistrict(text: string): District {
  const words = text.trim().split(/\s+/);
  const [first = "", ...rest] = words;
  const province = provinceOf(first);
  if (province === undefined || (first === "광주시" && rest.length === 0)) {
    return { province: undefined, name: words.join(" ") };
  }
  return { province, name: rest.join(" ") };
}
