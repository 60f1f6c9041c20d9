import { expect, test } from "bun:test";
import { bound } from "../../shared/testing/bound.ts";
import { publicDataErrors } from "../../tests/fakes/public-data-errors.ts";
import { rawServiceKey, readPublicData } from "./data-go-kr.ts";
import { readItems, readLeaf } from "./xml-leaves.ts";

const read = (status: number, text: string) =>
  readPublicData({ status, text, headers: new Headers() });

test.each([
  { name: "unregisteredKey", kind: "auth", providerCode: "30" },
  { name: "xmlQuota", kind: "quota", providerCode: "22" },
  { name: "xmlService", kind: "invalid_request", providerCode: "10" },
  { name: "jsonGateway", kind: "auth", providerCode: "31" },
  { name: "noData", kind: "not_found", providerCode: "03" },
  { name: "serviceTimeout", kind: "upstream", providerCode: "05" },
  { name: "bare", kind: "invalid_request", providerCode: "10" },
  { name: "plainUnauthorized", kind: "auth", providerCode: undefined },
  { name: "plainUnexpected", kind: "upstream", providerCode: undefined },
  { name: "apiNotFound", kind: "invalid_request", providerCode: undefined },
] as const)("$name is $kind", ({ name, kind, providerCode }) => {
  const { status, body } = publicDataErrors[name];
  // a decoder drops the byte order mark before this point
  const verdict = read(status, body.replace("\uFEFF", ""));
  expect(verdict).toMatchObject({ ok: false, kind, status });
  if (!verdict.ok) expect(verdict.providerCode).toBe(providerCode);
});

test.each([
  { code: 1, kind: "upstream" },
  { code: 2, kind: "upstream" },
  { code: 4, kind: "upstream" },
  { code: 11, kind: "invalid_request" },
  { code: 12, kind: "invalid_request" },
  { code: 20, kind: "auth" },
  { code: 21, kind: "auth" },
  { code: 32, kind: "auth" },
  { code: 33, kind: "auth" },
  { code: 99, kind: "upstream" },
  { code: 77, kind: "upstream" },
] as const)("code $code is $kind, as number and as text", ({ code, kind }) => {
  for (const resultCode of [code, String(code).padStart(2, "0")]) {
    const verdict = read(200, JSON.stringify({ response: { header: { resultCode } } }));
    expect(verdict).toMatchObject({ ok: false, kind });
  }
});

test.each(["00", "0", "000", "0000", 0])("code %p is fine", (resultCode) => {
  const text = JSON.stringify({ response: { header: { resultCode }, body: { items: "" } } });
  expect(read(200, text)).toEqual({ ok: true, data: { form: "json", body: { items: "" } } });
});

test.each([
  { text: "<!DOCTYPE html><html></html>", status: 200, kind: "bad_response" },
  { text: "<html></html>", status: 503, kind: "upstream" },
  { text: "Forbidden", status: 403, kind: "auth" },
  { text: "API token quota exceeded", status: 429, kind: "quota" },
  { text: "", status: 200, kind: "bad_response" },
  { text: "{broken", status: 200, kind: "bad_response" },
  { text: '{"hello":1}', status: 200, kind: "bad_response" },
  { text: "<other/>", status: 200, kind: "bad_response" },
] as const)("HTTP $status with '$text' is $kind", ({ text, status, kind }) => {
  expect(read(status, text)).toMatchObject({ ok: false, kind });
});

test("a good body under an error status is not believed", () => {
  const text = JSON.stringify({ response: { header: { resultCode: "00" }, body: {} } });
  expect(read(500, text)).toMatchObject({ ok: false, kind: "upstream" });
});

test("a key is the same key raw and percent-encoded", () => {
  expect(rawServiceKey("abc%2Bde%2Ff%3D%3D")).toBe("abc+de/f==");
  expect(rawServiceKey(" abc+de/f== ")).toBe("abc+de/f==");
  expect(rawServiceKey("100%zz%E0%A4%A")).toBe("100%zz%E0%A4%A");
});

test("leaves are read with CDATA, entities, attributes, and names that begin alike", () => {
  const xml = `<a><NM_LONG>no</NM_LONG><NM lang="ko"> 강 &amp; 산 &#44032;&#x61; &unknown; </NM><E/></a>`;
  expect(readLeaf(xml, "NM")).toBe("강 & 산 가a &unknown;");
  expect(readLeaf(xml, "E")).toBe("");
  expect(readLeaf(xml, "MISSING")).toBeUndefined();
  expect(readLeaf("<a><![CDATA[ <b> ]]></a>", "a")).toBe("<b>");
  expect(readLeaf("<a>never closed", "a")).toBeUndefined();
});

test("items are flat records", () => {
  const xml = "<items><item><A>1</A><B/></item>\n<item><A>2</A><B>x</B></item></items>";
  expect(readItems(xml)).toEqual([
    { A: "1", B: "" },
    { A: "2", B: "x" },
  ]);
});

test("a hostile document does not take time", () => {
  const started = performance.now();
  readItems(`<item>${"<a".repeat(500_000)}</item>`);
  readLeaf("<resultCode".repeat(200_000), "resultCode");
  expect(performance.now() - started).toBeLessThan(bound(1000));
});
