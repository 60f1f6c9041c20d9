import * as v from "valibot";
import { parseJson } from "../parse-json.ts";
import { type ApiAnswer, failNotJson } from "./http.ts";
import {
  type ApiResult,
  fail,
  type Failure,
  failByStatus,
  type FailureKind,
  succeed,
} from "./result.ts";
import { asList, field, goodRows, LooseNumber, LooseText, textField } from "./wire.ts";

/** One found place. Unknown is null. */
export interface KakaoPlace {
  readonly id: string | null;
  readonly name: string;
  readonly category: string | null;
  readonly phone: string | null;
  /** Road address, else lot address. */
  readonly address: string | null;
  readonly latitude: number;
  readonly longitude: number;
  readonly url: string | null;
  /** From the place that was sent, null when none was. */
  readonly distanceMeters: number | null;
}

export interface KakaoPage {
  readonly places: readonly KakaoPlace[];
  /** All matches; only the first 45 can be paged to. */
  readonly totalCount: number;
  readonly isLast: boolean;
}

/** Degrees; empty and text that is no number are refused, which drops the document. */
const Degrees = v.pipe(LooseNumber, v.number());

const PlaceDocument = v.object({
  id: LooseText,
  place_name: v.pipe(LooseText, v.string()),
  category_name: LooseText,
  phone: LooseText,
  address_name: LooseText,
  road_address_name: LooseText,
  x: Degrees,
  y: Degrees,
  place_url: LooseText,
  distance: LooseNumber,
});

/** An address found by `address.json`. */
export const AddressDocument = v.object({
  address_name: v.pipe(LooseText, v.string()),
  x: Degrees,
  y: Degrees,
});

const RegionNames = {
  region_1depth_name: LooseText,
  region_2depth_name: LooseText,
  region_3depth_name: LooseText,
};

export const RegionDocument = v.object({ ...RegionNames, region_type: LooseText, code: LooseText });

export const CoordinateDocument = v.object({
  road_address: v.nullish(v.object({ address_name: LooseText })),
  address: v.nullish(v.object({ address_name: LooseText, ...RegionNames })),
});

export function readPage(json: unknown): KakaoPage {
  const places = goodRows(PlaceDocument, asList(field(json, "documents"))).map((found) => ({
    id: found.id,
    name: found.place_name,
    category: found.category_name,
    phone: found.phone,
    address: found.road_address_name ?? found.address_name,
    latitude: found.y,
    longitude: found.x,
    url: found.place_url !== null && /^https?:\/\//.test(found.place_url) ? found.place_url : null,
    distanceMeters: found.distance,
  }));
  const meta = field(json, "meta");
  const total = v.parse(LooseNumber, field(meta, "total_count"));
  return {
    places,
    totalCount: total ?? places.length,
    isLast: field(meta, "is_end") !== false,
  };
}

const byType: Readonly<Record<string, FailureKind>> = {
  MissingParameter: "invalid_request",
  InvalidArgument: "invalid_request",
  AccessDeniedError: "auth",
  NotAuthorizedError: "auth",
  RequestThrottled: "quota",
};
/** The older error form. */
const byCode: Readonly<Record<string, FailureKind>> = {
  "-10": "quota",
  "-401": "auth",
  "-2": "invalid_request",
  "-1": "upstream",
};

/** JSON with `documents`, else the failure the body or the status speaks of. */
export function readKakao(answer: ApiAnswer): ApiResult<unknown> {
  const json = parseJson(answer.text);
  if (json === undefined) return failNotJson(answer);
  const failure = readError(answer, json);
  if (failure) return failure;
  if (!Array.isArray(field(json, "documents"))) {
    return fail("bad_response", "JSON without documents", { status: answer.status });
  }
  return succeed(json);
}

function readError({ status }: ApiAnswer, json: unknown): Failure | undefined {
  const errorType = textField(json, "errorType");
  const code = textField(json, "code");
  if (errorType === undefined && code === undefined && status < 300) return undefined;
  const providerCode = errorType ?? code ?? "";
  const detail = textField(json, "message") ?? textField(json, "msg") ?? "no message";
  const kind = byType[providerCode] ?? byCode[providerCode];
  // a throttled call may pass a moment later; a spent day may not, and costs two short waits
  if (kind) return fail(kind, detail, { status, providerCode, retriable: status >= 429 });
  return status >= 300
    ? failByStatus(status, detail, providerCode)
    : fail("upstream", detail, { status, providerCode });
}
