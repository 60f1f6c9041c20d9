/** The 8 majors a piece of waste can belong to. */
export const majors = [
  "재활용폐기물",
  "일반종량제폐기물",
  "불연성종량제폐기물",
  "음식물류폐기물",
  "대형폐기물",
  "공사장생활폐기물",
  "생활계유해폐기물",
  "미분류",
] as const;
export type Major = (typeof majors)[number];

/** The 12 middles of 재활용폐기물; every other major is its own and only middle. */
export const recyclableMiddles = [
  "종이",
  "종이팩",
  "무색페트병",
  "플라스틱류",
  "비닐류",
  "발포합성수지",
  "유리병",
  "금속류",
  "의류및원단",
  "전지",
  "조명제품",
  "전기전자제품",
] as const;
export type RecyclableMiddle = (typeof recyclableMiddles)[number];

export type Middle = RecyclableMiddle | Exclude<Major, "재활용폐기물">;

const recyclable: ReadonlySet<string> = new Set(recyclableMiddles);
const known: ReadonlySet<string> = new Set(majors);

/** Every middle: one rule and one place in the answer belong to each. */
export const middles: readonly Middle[] = [
  ...recyclableMiddles,
  ...majors.filter((major) => major !== "재활용폐기물"),
];

/** The major a middle belongs to, or undefined when there is no such middle. */
export function majorOf(middle: string): Major | undefined {
  if (recyclable.has(middle)) return "재활용폐기물";
  return middle !== "재활용폐기물" && known.has(middle) ? (middle as Major) : undefined;
}
