import { type FakeServer, startFake } from "./fake-server.ts";

/** The real bodies of errors. */
export const kakaoErrors = {
  badArgument: {
    status: 400,
    body: '{"errorType":"InvalidArgument","message":"radius is out of range"}',
  },
  badKey: {
    status: 401,
    body: '{"errorType":"AccessDeniedError","message":"cannot find Authorization : KakaoAK header"}',
  },
  switchedOff: {
    status: 403,
    body: '{"errorType":"NotAuthorizedError","message":"App(eco) disabled OPEN_MAP_AND_LOCAL service."}',
  },
  throttled: {
    status: 429,
    body: '{"errorType":"RequestThrottled","message":"API limit has been exceeded."}',
  },
  oldQuota: { status: 200, body: '{"code":-10,"msg":"API limit has been exceeded."}' },
} as const;

const center = {
  id: "1234567",
  place_name: "가람재활용센터",
  category_name: "가정,생활 > 재활용센터",
  category_group_code: "",
  category_group_name: "",
  phone: "",
  address_name: "서울 강남구 역삼동 1-1",
  road_address_name: "서울 강남구 테스트로 1",
  x: "127.0276",
  y: "37.4979",
  place_url: "http://place.map.kakao.com/1234567",
  distance: "418",
};

const empty = { meta: { total_count: 0, pageable_count: 0, is_end: true }, documents: [] };

/** Kakao Local. A query containing `없는` finds nothing by keyword; one containing `모르는` nothing at all. */
export function fakeKakao(): FakeServer {
  return startFake(({ path, query, headers }) => {
    if (!headers.get("authorization")?.startsWith("KakaoAK ")) {
      return new Response(kakaoErrors.badKey.body, { status: 401 });
    }
    const text = query.get("query") ?? "";
    const isLost = text.includes("모르는");
    switch (path.replace("/v2/local/", "").replace(".json", "")) {
      case "search/keyword":
      case "search/category":
        if (isLost || text.includes("없는")) return Response.json(empty);
        return Response.json({
          meta: { total_count: 128, pageable_count: 45, is_end: false, same_name: null },
          documents: [center, { ...center, id: "2", x: "", y: "" }],
        });
      case "search/address":
        if (isLost) return Response.json(empty);
        return Response.json({
          meta: { total_count: 1, pageable_count: 1, is_end: true },
          documents: [
            {
              address_name: "서울 강남구 테스트로 10",
              address_type: "ROAD_ADDR",
              x: "127.03",
              y: "37.5",
            },
          ],
        });
      case "geo/coord2regioncode":
        return Response.json({
          meta: { total_count: 2 },
          documents: [regionOf("B"), regionOf("H")],
        });
      case "geo/coord2address":
        return Response.json({
          meta: { total_count: 1 },
          documents: [{ road_address: null, address: { address_name: "서울 강남구 역삼동 1-1" } }],
        });
      default:
        return new Response("Not Found", { status: 404 });
    }
  });
}

function regionOf(region_type: "B" | "H") {
  return {
    region_type,
    address_name: "서울특별시 강남구 역삼1동",
    region_1depth_name: "서울특별시",
    region_2depth_name: "강남구",
    region_3depth_name: region_type === "H" ? "역삼1동" : "역삼동",
    region_4depth_name: "",
    code: "1168064000",
  };
}
