import { expect, test } from "bun:test";
import { redact } from "./redact.ts";
import { readRetryAfter } from "./retry-after.ts";

test.each([
  { text: "GET /x?serviceKey=abc%2B123&pageNo=1", kept: "pageNo=1", gone: "abc" },
  { text: "Authorization: KakaoAK 0123456789abcdef, next", kept: "next", gone: "0123456789" },
  { text: '{"x-goog-api-key":"AIzaSyA-abcdefghij","a":1}', kept: '"a":1', gone: "AIza" },
  { text: "X-Naver-Client-Secret: topsecret", kept: "X-Naver-Client-Secret", gone: "topsecret" },
  {
    text: "Incorrect API key provided: sk-abc123***xyz9.",
    kept: "Incorrect API key",
    gone: "sk-abc",
  },
  { text: "token tvly-dev-1234567 is bad", kept: "is bad", gone: "tvly" },
])("$text loses its key", ({ text, kept, gone }) => {
  const clean = redact(text, []);
  expect(clean).toContain(kept);
  expect(clean).not.toContain(gone);
});

test("a key given percent-encoded is found decoded too", () => {
  expect(redact("key abc+def/gh is bad", ["abc%2Bdef%2Fgh"])).toBe("key *** is bad");
});

test("ordinary words stay", () => {
  expect(redact("keyword must not be empty: monkey=1", [])).toBe(
    "keyword must not be empty: monkey=1",
  );
});

test.each([
  { value: "2", ms: 2000 },
  { value: "0.5", ms: 500 },
  { value: "Sun, 18 Jan 2026 05:00:03 GMT", ms: 3000 },
  { value: "Sun, 18 Jan 2026 04:00:00 GMT", ms: 0 },
  { value: "-1", ms: undefined },
  { value: "soon", ms: undefined },
  { value: "", ms: undefined },
  { value: null, ms: undefined },
])("Retry-After $value is $ms ms", ({ value, ms }) => {
  expect(readRetryAfter(value, Date.UTC(2026, 0, 18, 5, 0, 0))).toBe(ms);
});
