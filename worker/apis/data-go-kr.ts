import { type ApiAnswer, failNotJson } from "../../shared/apis/http.ts";
import {
  type ApiResult,
  fail,
  type Failure,
  failByStatus,
  type FailureKind,
  succeed,
} from "../../shared/apis/result.ts";
import { field } from "../../shared/apis/wire.ts";
import { parseJson } from "../../shared/parse-json.ts";
import { readLeaf } from "./xml-leaves.ts";

/** Codes every service behind apis.data.go.kr shares. */
const kinds: Readonly<Record<number, FailureKind>> = {
  1: "upstream",
  2: "upstream",
  3: "not_found",
  4: "upstream",
  5: "upstream",
  10: "invalid_request",
  11: "invalid_request",
  12: "invalid_request",
  20: "auth",
  21: "auth",
  22: "quota",
  30: "auth",
  31: "auth",
  32: "auth",
  33: "auth",
  99: "upstream",
};

/** What the gateway says in plain words instead of a document. */
const plain: readonly (readonly [RegExp, FailureKind])[] = [
  [/^unauthorized/i, "auth"],
  [/^forbidden/i, "auth"],
  [/^api not found/i, "invalid_request"],
  [/^unexpected errors?/i, "upstream"],
  [/quota|rate limit/i, "quota"],
];

/** Where a good answer keeps its rows: parsed JSON, or the XML as text. */
export type PublicData =
  | { readonly form: "json"; readonly body: unknown }
  | { readonly form: "xml"; readonly xml: string };

/**
 * A data.go.kr key as it must enter `URLSearchParams`: the portal hands out the same key raw and already
 * percent-encoded, and a key encoded twice is "not registered" (code 30).
 */
export function rawServiceKey(key: string): string {
  const trimmed = key.trim();
  if (!/%[0-9A-Fa-f]{2}/.test(trimmed)) return trimmed;
  try {
    return decodeURIComponent(trimmed);
  } catch {
    return trimmed;
  }
}

/**
 * The verdict on an answer of apis.data.go.kr. The body decides, whatever the status: errors come with
 * HTTP 200, and as XML although JSON was asked for.
 */
export function readPublicData(answer: ApiAnswer): ApiResult<PublicData> {
  const text = answer.text.trim();
  if (text.startsWith("<")) return readXml(answer, text);
  if (!text.startsWith("{") && !text.startsWith("[")) return failPlain(answer, text);
  const json = parseJson(text);
  if (json === undefined) return failNotJson(answer);
  const gateway = field(field(json, "OpenAPI_ServiceResponse"), "cmmMsgHeader");
  if (gateway !== undefined) {
    const message = field(gateway, "returnAuthMsg") ?? field(gateway, "errMsg");
    return failByCode(answer, field(gateway, "returnReasonCode"), message);
  }
  const response = field(json, "response") ?? json;
  const header = field(response, "header") ?? response;
  const code = field(header, "resultCode");
  if (code === undefined) return failNotJson({ ...answer, text: "JSON without a result code" });
  if (!isOk(code)) return failByCode(answer, code, field(header, "resultMsg"));
  if (answer.status >= 300) return failByStatus(answer.status, "an error status with a good body");
  return succeed({ form: "json", body: field(response, "body") });
}

function readXml(answer: ApiAnswer, xml: string): ApiResult<PublicData> {
  if (/^<(?:\?xml[^>]*>\s*)?(?:!doctype html|<?html)/i.test(xml)) return failNotJson(answer);
  const reason = readLeaf(xml, "returnReasonCode");
  if (reason !== undefined) {
    return failByCode(answer, reason, readLeaf(xml, "returnAuthMsg") ?? readLeaf(xml, "errMsg"));
  }
  const code = readLeaf(xml, "resultCode");
  if (code === undefined) return failNotJson({ ...answer, text: "an unknown XML document" });
  if (!isOk(code)) return failByCode(answer, code, readLeaf(xml, "resultMsg"));
  if (answer.status >= 300) return failByStatus(answer.status, "an error status with a good body");
  return succeed({ form: "xml", xml });
}

/** `00`; sibling services write `0`, `000` or `0000`, as text or number. */
function isOk(code: unknown): boolean {
  return /^0+$/.test(String(code).trim());
}

function failByCode(answer: ApiAnswer, code: unknown, message: unknown): Failure {
  const providerCode = String(code).trim();
  const detail = typeof message === "string" ? message : "no message";
  const kind = kinds[Number.parseInt(providerCode, 10)];
  const more = { status: answer.status, providerCode };
  if (kind !== undefined) return fail(kind, detail, more);
  return answer.status >= 300
    ? failByStatus(answer.status, detail, providerCode)
    : fail("upstream", detail, more);
}

function failPlain(answer: ApiAnswer, text: string): Failure {
  const said = plain.find(([words]) => words.test(text));
  const detail = text === "" ? "an empty body" : text;
  if (said) return fail(said[1], detail, { status: answer.status });
  return answer.status >= 300
    ? failByStatus(answer.status, detail)
    : fail("bad_response", detail, { status: answer.status });
}
