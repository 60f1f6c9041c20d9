import type { Cache } from "../../../shared/apis/cache.ts";
import type { KakaoLocal } from "../../../shared/apis/kakao-local.ts";
import type { CollectionPoint } from "../../apis/keco-wire.ts";
import type { Keco } from "../../apis/keco.ts";
import { nearbyPoints } from "../../apis/nearby-points.ts";
import { distanceText } from "../../../shared/places/place.ts";
import type { CollectionPointFact } from "../../llm/facts.ts";
import { dataOf } from "../api-failure.ts";
import { findDistrict } from "../places/find-place.ts";
import { plain } from "../plain-text.ts";
import type { Query, Service } from "../run-context.ts";

interface PointClients {
  readonly keco: Keco;
  readonly kakao: KakaoLocal;
  readonly cache: Cache;
}

const listed = 5;

/** Boxes the dataset knows, and the word its rows use for what they take. */
const takenAs: Readonly<Record<string, string>> = {
  battery: "전지",
  phone: "휴대폰",
  small_electronics: "가전",
};

/**
 * Collection points by name and address. The dataset holds electronics and batteries: a question about anything
 * else is not looked up. `itemType`: the box a question is about, undefined for a bare "수거함".
 */
export function collectionSearch(
  clients: PointClients,
): (itemType: string | undefined) => Service<CollectionPointFact> {
  return (itemType) => async (query, signal) => {
    const item = itemType === undefined ? undefined : takenAs[itemType];
    if (itemType !== undefined && item === undefined) return undefined;
    const district = districtOf(query);
    if (district !== undefined) {
      const found = dataOf(await clients.keco.search({ district, item }, signal));
      return found && factOf(district, found.points, "주소순이 아니라 자료의 차례예요.");
    }
    if (!query.place) return undefined;
    const near = await nearbyPoints(clients, { place: query.place, item }, signal);
    // without Kakao nobody can say which district a place lies in
    const found = !near.ok && near.kind === "not_configured" ? undefined : dataOf(near);
    const note = found?.isSorted ? undefined : "가까운 차례로 늘어놓지 못한 목록이에요.";
    return found && factOf(found.district, found.points, note);
  };
}

function districtOf(query: Query): string | undefined {
  const named = findDistrict(query.text) ?? findDistrict(query.job.message);
  return query.choice ?? named?.name;
}

function factOf(
  district: string,
  points: readonly (CollectionPoint & { readonly distanceMeters?: number | null })[],
  note: string | undefined,
): CollectionPointFact {
  return {
    name: `${plain(district, 40)} 수거 장소`,
    where: points.slice(0, listed).map(pointLine),
    accepts: [],
    rejects: [],
    ask: ["관할 시·군·구청 청소(자원순환)과"],
    note: ["자료: 한국환경공단 폐전자제품 수거 장소.", note].filter(Boolean).join(" "),
  };
}

function pointLine(point: CollectionPoint & { readonly distanceMeters?: number | null }): string {
  const parts = [
    plain(point.name, 80),
    typeof point.distanceMeters === "number" ? distanceText(point.distanceMeters) : "",
    point.address === null ? "" : plain(point.address, 120),
    point.takes.length === 0 ? "폐전자제품" : plain(point.takes.join(", "), 100),
    point.isFree ? "" : plain(point.fee ?? "", 30),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
