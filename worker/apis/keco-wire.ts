import * as v from "valibot";
import { type ApiAnswer, failNotJson } from "../../shared/apis/http.ts";
import {
  type ApiResult,
  fail,
  failByStatus,
  type FailureKind,
  succeed,
} from "../../shared/apis/result.ts";
import { field, LooseText, textField } from "../../shared/apis/wire.ts";
import { parseJson } from "../../shared/parse-json.ts";

export interface CollectionPoint {
  readonly id: string | null;
  readonly name: string;
  /** What is taken; empty means waste electronics in general. */
  readonly takes: readonly string[];
  readonly method: string | null;
  readonly address: string | null;
  readonly kind: string | null;
  readonly fee: string | null;
  readonly isFree: boolean;
}

export const PointRow = v.object({
  순번: LooseText,
  상호명: v.pipe(LooseText, v.string()),
  수거종류: LooseText,
  수거방법: LooseText,
  "수거장소(주소)": LooseText,
  장소구분: LooseText,
  수거비용: LooseText,
});

export function readPoint(row: v.InferOutput<typeof PointRow>): CollectionPoint {
  const fee = row["수거비용"];
  return {
    id: row["순번"],
    name: row["상호명"],
    takes: (row["수거종류"] ?? "")
      .split(",")
      .map((kind) => kind.trim())
      .filter((kind) => kind !== ""),
    method: row["수거방법"],
    address: row["수거장소(주소)"],
    kind: row["장소구분"],
    fee,
    isFree: fee === null || fee.includes("무료"),
  };
}

/** The platform's own codes. */
const kinds: Readonly<Record<string, FailureKind>> = {
  "-1": "upstream",
  "-2": "invalid_request",
  "-3": "invalid_request",
  "-4": "auth",
  "-5": "invalid_request",
  "-10": "quota",
  "-401": "auth",
};

/** JSON with `data`, else the failure that the code, the status or the words speak of. */
export function readKeco(answer: ApiAnswer): ApiResult<unknown> {
  const { status } = answer;
  const json = parseJson(answer.text);
  if (json === undefined) return failNotJson(answer);
  const providerCode = textField(json, "code");
  if (providerCode !== undefined || status >= 300) {
    const detail = textField(json, "msg") ?? "no message";
    const kind = kinds[providerCode ?? ""];
    if (kind) return fail(kind, detail, { status, providerCode });
    return status >= 300
      ? failByStatus(status, detail, providerCode)
      : fail("upstream", detail, { status, providerCode });
  }
  if (!Array.isArray(field(json, "data"))) {
    return fail("bad_response", "JSON without data", { status });
  }
  return succeed(json);
}
