import * as v from "valibot";
import type { KakaoLocal } from "../../../shared/apis/kakao-local.ts";
import type { DisposalZone } from "../../apis/mois-rows.ts";
import type { Mois } from "../../apis/mois.ts";
import type { FunctionCall } from "../../llm/call-function.ts";
import type { DistrictFact } from "../../llm/facts.ts";
import { dataOf } from "../api-failure.ts";
import { findDistrict } from "../places/find-place.ts";
import { plain } from "../plain-text.ts";
import type { Query, Service } from "../run-context.ts";
import { argumentsBy } from "./ask-model.ts";

const Asked = v.object({
  item_name: v.pipe(v.string(), v.trim(), v.maxLength(60)),
  region: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(40))),
});
const bulkWasteInfo: FunctionCall<v.InferOutput<typeof Asked>> = {
  name: "bulk_waste_info",
  description: "대형폐기물을 내놓는 방법을 지역별로 찾는다.",
  parameters: {
    type: "object",
    properties: {
      item_name: { type: "string", description: "버릴 물건" },
      region: { type: "string", description: "말에 나온 시·군·구. 없으면 비운다" },
    },
    required: ["item_name"],
  },
  input: Asked,
};

/** How a district takes large things, with its office and days. */
export function districtDisposal(mois: Mois, kakao: KakaoLocal): Service<DistrictFact> {
  return async (query, signal) => {
    const district = await districtOf(query, kakao, signal);
    if (district === undefined) return undefined;
    const found = dataOf(await mois.householdWaste(district, signal));
    // 중구 is in six cities: a wrong one is worse than none
    if (!found || found.provinces.length > 1) return undefined;
    const towns = query.job.message.match(/[가-힣]{1,12}\d{0,2}동/g) ?? [];
    const inTown = found.zones.find((zone) => towns.some((town) => zone.towns.includes(town)));
    const zone = inTown ?? found.zones.find(({ bulk }) => bulk !== null) ?? found.zones[0];
    if (!zone) return undefined;
    return { name: plain(`${zone.province} ${zone.district}`, 40), lines: linesOf(zone) };
  };
}

async function districtOf(query: Query, kakao: KakaoLocal, signal: AbortSignal) {
  if (query.choice !== undefined) return query.choice;
  const named = findDistrict(query.text) ?? findDistrict(query.job.message);
  if (named) return named.name;
  const asked = await argumentsBy(query, bulkWasteInfo, signal);
  // only a district that exists, and only one the person wrote: a model may know where its user "lives"
  const region = asked?.region === undefined ? undefined : findDistrict(asked.region);
  if (region && query.job.message.includes(region.name.slice(0, 2))) return region.name;
  if (!query.place) return undefined;
  const found = await kakao.district(query.place, signal);
  if (!found.ok && found.kind === "not_configured") return undefined;
  const where = dataOf(found);
  return where && [where.province, where.district].filter(Boolean).join(" ");
}

function linesOf(zone: DisposalZone): string[] {
  const { bulk, recyclables, office, phone, noCollection, updated } = zone;
  const of = (title: string, parts: readonly (string | null | undefined)[]) => {
    const said = parts.filter((part) => typeof part === "string" && part !== "");
    return said.length === 0 ? [] : [plain(`${title}: ${said.join(" · ")}`)];
  };
  const hours = (from: string | null, to: string | null) =>
    from === null && to === null ? null : `${from ?? ""}~${to ?? ""}`;
  return [
    ...(bulk ? of("대형폐기물", [bulk.method, bulk.place, hours(bulk.from, bulk.to)]) : []),
    ...(recyclables
      ? of("재활용품", [recyclables.days.join("·"), hours(recyclables.from, recyclables.to)])
      : []),
    ...of("수거하지 않는 날", [noCollection]),
    ...of("담당", [office, phone]),
    ...of("자료", ["행정안전부 생활쓰레기 배출정보", updated]),
  ];
}
