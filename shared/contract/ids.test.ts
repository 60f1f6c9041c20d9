import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { compareEventIds, formatEventId, JobId, messageIds, parseEventId, shardOf } from "./ids.ts";

const jobId = (text: string) => v.parse(JobId, text);

describe("a job's shard", () => {
  // md5 of the id, first 8 bytes big endian, modulo 4: other languages must agree
  test.each([
    ["00000000-0000-0000-0000-000000000000", 2],
    ["550e8400-e29b-41d4-a716-446655440000", 0],
    ["79d0f98c-5b77-4455-96cd-2eb409620612", 1],
    ["ded24438-6564-44dd-9936-2cefaa114213", 3],
    ["11111111-1111-4111-8111-111111111111", 1],
  ])("of %s is %d", (id, shard) => expect(shardOf(jobId(id), 4)).toBe(shard));
});

describe("message ids", () => {
  test("are the same each time and differ by role and job", () => {
    const one = jobId("550e8400-e29b-41d4-a716-446655440000");
    const other = jobId("11111111-1111-4111-8111-111111111111");
    expect(messageIds(one)).toEqual(messageIds(one));
    expect(messageIds(one).user).not.toBe(messageIds(one).assistant);
    expect(messageIds(one).user).not.toBe(messageIds(other).user);
  });

  test("never change: rows of old jobs are found by them", () => {
    // the same value as any other UUID version 5 implementation gives
    const ids = messageIds(jobId("550e8400-e29b-41d4-a716-446655440000"));
    expect(String(ids.user)).toBe("8c5fb6ed-3bfe-5448-aa98-9ef6d3792cd0");
  });
});

describe("event ids", () => {
  test.each(["0-1", "1-1", "1795210932251-48"])("%s reads back as itself", (text) => {
    const id = parseEventId(text);
    expect(id && formatEventId(id)).toBe(text);
  });

  test.each([
    "",
    "1",
    "1-0",
    "-1-1",
    "1-1-1",
    "a-b",
    "1 -1",
    "01-1",
    "1-01",
    "9".repeat(40),
    "recovery:5",
  ])("%p is no event id", (text) => expect(parseEventId(text)).toBeUndefined());

  test("rise by attempt first, then by n", () => {
    const sorted = ["0-1", "5-1", "5-2", "5-10", "6-1"].map((text) => parseEventId(text)!);
    expect([...sorted].reverse().sort(compareEventIds)).toEqual(sorted);
  });
});
