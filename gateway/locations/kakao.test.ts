import { afterAll, expect, test } from "bun:test";
import { startFake } from "../../tests/fakes/fake-server.ts";
import { location } from "../../shared/limits.ts";
import { openKakao } from "./kakao.ts";

let calls = 0;
let status = 500;
const server = startFake(() => {
  calls++;
  return status === 200
    ? Response.json({ meta: { total_count: 0 }, documents: [] })
    : new Response("<html>", { status });
});
afterAll(() => server.stop());
const { signal } = new AbortController();
const open = () => openKakao({ key: "k", baseUrl: server.baseUrl, retries: 0, firstRetryMs: 1 });

test("without a key there is none", () => {
  expect(openKakao({ key: undefined })).toBeUndefined();
  expect(openKakao({ key: "" })).toBeUndefined();
});

test("after some failures in a row it is not asked for a while", async () => {
  const kakao = open();
  status = 500;
  calls = 0;
  for (let i = 0; i < location.kakaoFailures + 3; i++) {
    expect(await kakao?.searchKeyword({ query: "가" }, signal)).toMatchObject({ ok: false });
  }
  expect(calls).toBe(location.kakaoFailures);
});

test("an empty result is no failure, nor is a caller who went away", async () => {
  const kakao = open();
  status = 200;
  calls = 0;
  for (let i = 0; i < location.kakaoFailures + 3; i++) {
    expect(await kakao?.searchKeyword({ query: "가" }, AbortSignal.abort())).toMatchObject({
      kind: "timeout",
    });
    expect(await kakao?.searchKeyword({ query: "가" }, signal)).toMatchObject({
      kind: "not_found",
    });
  }
  expect(calls).toBe(location.kakaoFailures + 3);
});
