import { expect, test } from "bun:test";
import { AppError } from "../../shared/errors.ts";
import { readPageCursor, writeCursor } from "./page-cursor.ts";

const id = "9b379f4e-b4d9-42ee-8277-f47e9120686b";

test("a cursor comes back as it was written", () => {
  const t = "2026-11-20T22:16:29.815551Z";
  expect(readPageCursor(writeCursor(t, id, 1))).toEqual({ t, id, r: 1 });
  expect(readPageCursor(writeCursor(t, id))).toEqual({ t, id, r: 0 });
});

test("a bare time is a cursor, and nothing is none", () => {
  expect(readPageCursor("2026-11-20T22:16:29+09:00")).toMatchObject({ id: undefined });
  expect(readPageCursor(undefined)).toBeUndefined();
  expect(readPageCursor("")).toBeUndefined();
});

test.each([
  "x",
  "2026-11-20",
  "0000-01-01T00:00:00Z",
  btoa("{}"),
  btoa("[1]"),
  "a".repeat(500),
  "'; drop table",
])("%p is refused", (text) => expect(() => readPageCursor(text)).toThrow(AppError));
