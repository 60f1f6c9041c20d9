import * as v from "valibot";
import {
  type KakaoLocal,
  type PlaceCategory,
  placeCategories,
} from "../../../shared/apis/kakao-local.ts";
import type { KakaoPlace } from "../../../shared/apis/kakao-wire.ts";
import { distanceText } from "../../../shared/places/place.ts";
import type { FunctionCall } from "../../llm/call-function.ts";
import { dataOf } from "../api-failure.ts";
import { findKind, findRadius } from "../places/find-kind.ts";
import { findPlaceName } from "../places/find-place.ts";
import { plain } from "../plain-text.ts";
import type { Query, Service } from "../run-context.ts";
import { argumentsBy } from "./ask-model.ts";

const categoryNames = Object.keys(placeCategories) as PlaceCategory[];
const listed = 5;
const defaultKind = "재활용센터";

const Wanted = v.object({
  query: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(60)),
  search_type: v.picklist(["keyword", "category"]),
  category_code: v.optional(v.picklist(categoryNames)),
  near: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(60))),
  radius: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(20_000))),
});

const searchPlaces: FunctionCall<v.InferOutput<typeof Wanted>> = {
  name: "search_places",
  description: "장소를 찾는다. query에는 장소의 종류만, 지역이나 역 이름은 near에 넣는다.",
  parameters: {
    type: "object",
    properties: {
      query: { type: "string", description: "장소의 종류. 예: 제로웨이스트샵" },
      search_type: { type: "string", enum: ["keyword", "category"] },
      category_code: { type: "string", enum: categoryNames },
      near: { type: "string", description: "말에 나온 지역, 역, 주소. 없으면 비운다" },
      radius: { type: "number", description: "미터. 말에 없으면 비운다" },
    },
    required: ["query", "search_type"],
  },
  input: Wanted,
};

interface Search {
  readonly kind: string;
  readonly category: PlaceCategory | undefined;
  readonly near: string | undefined;
  readonly radiusMeters: number | undefined;
}

/** What a message looks for, from its words alone. */
function readSearch(message: string): Search {
  const kind = findKind(message);
  return {
    kind: kind?.query ?? defaultKind,
    category: kind?.category,
    near: findPlaceName(message),
    radiusMeters: findRadius(message),
  };
}

async function searchOf(query: Query, signal: AbortSignal): Promise<Search> {
  const wanted = await argumentsBy(query, searchPlaces, signal);
  if (!wanted) return readSearch(query.text);
  const { near } = wanted;
  return {
    kind: wanted.query,
    category: wanted.search_type === "category" ? wanted.category_code : undefined,
    near: near === undefined || near === "" ? undefined : near,
    radiusMeters: wanted.radius,
  };
}

/** Places of a kind, around the place a message names or the one the person is at. */
export function placeSearch(kakao: KakaoLocal): Service {
  return async (query, signal) => {
    const { kind, category, near, radiusMeters } = await searchOf(query, signal);
    const around = near === undefined ? undefined : dataOf(await kakao.geocode(near, signal));
    const place = around ?? (near === undefined ? query.place : undefined);
    if (!place) return undefined;
    const paging = { place, radiusMeters, size: listed, sort: "distance" } as const;
    const inCategory =
      category && dataOf(await kakao.searchCategory({ ...paging, category }, signal));
    const page =
      inCategory ?? dataOf(await kakao.searchKeyword({ ...paging, query: kind }, signal));
    if (!page) return undefined;
    const where = around ? plain(around.name, 40) : "지금 위치";
    return {
      title: `${where} 가까이에서 찾은 ${plain(kind, 40)}`,
      lines: [...page.places.slice(0, listed).map(placeLine), "자료: 카카오맵 장소 검색"],
    };
  };
}

function placeLine(place: KakaoPlace): string {
  const parts = [
    plain(place.name, 80),
    place.distanceMeters === null ? "" : distanceText(place.distanceMeters),
    place.address === null ? "" : plain(place.address, 120),
    place.phone === null ? "" : plain(place.phone, 30),
    place.id !== null && /^\d+$/.test(place.id) ? `https://place.map.kakao.com/${place.id}` : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
