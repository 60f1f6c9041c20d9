import { findCenter } from "../places/district-centers.ts";
import { blankSite, type SiteFacts, type SiteRow, rowOf } from "./site.ts";

/** Where samples stand: two in each. */
const districts =
  "서울 종로구,서울 중구,서울 용산구,서울 성동구,서울 광진구,서울 마포구,서울 서대문구,서울 은평구,서울 영등포구,서울 관악구,서울 서초구,서울 강남구,서울 송파구,서울 노원구,부산 해운대구,부산 부산진구,대구 중구,인천 부평구,광주 서구,대전 서구,울산 남구,세종 세종시,경기 수원시 팔달구,경기 고양시 일산동구,경기 성남시 분당구,강원 춘천시,충북 청주시 상당구,충남 천안시 동남구,전북 전주시 완산구,전남 순천시,경북 안동시,경남 창원시 의창구,제주 제주시".split(
    ",",
  );
const takes = [
  "무색 페트병, 캔",
  "소형 전자제품, 폐건전지",
  "종이팩, 유리병",
  "의류, 신발",
] as const;
const shops = ["제로웨이스트 가게", "리필 상점", "비건 카페", "업사이클 공방"] as const;
const openDaily = Object.fromEntries(
  ["mon", "tue", "wed", "thu", "fri"].map((day) => [day, "09:00 ~ 18:00"]),
);

/** Made up, and says so in every name: what a map looks like before an operator imported the public data sets. */
export function sampleSites(): SiteRow[] {
  return districts.flatMap((district, i) => {
    const center = findCenter(district);
    if (!center) throw new Error(`no such district: ${district}`);
    const short = district.split(" ").at(-1) ?? district;
    const at = (north: number, east: number) => ({
      latitude: Number((center.latitude + north).toFixed(4)),
      longitude: Number((center.longitude + east).toFixed(4)),
    });
    return [
      rowOf({
        ...blank,
        ...at(0.004, 0.003),
        source: "keco",
        sourceId: `sample-${i}-a`,
        name: `(예시) ${short} 수거함`,
        roadAddress: `${district} 예시로 ${i + 1}`,
        hours: { ...openDaily, sat: "휴무", sun: "휴무" },
        items: takes[i % takes.length] ?? null,
      }),
      rowOf({
        ...blank,
        ...at(-0.003, -0.004),
        source: "zerowaste",
        sourceId: `sample-${i}-b`,
        name: `(예시) ${short} ${shops[i % shops.length]}`,
        roadAddress: `${district} 예시로 ${i + 101}`,
      }),
    ];
  });
}

const blank: SiteFacts = {
  ...blankSite,
  introduction: "예시 자료예요. 실제로 있는 곳이 아니에요.",
  isSample: true,
};
