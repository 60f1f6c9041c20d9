import { expect, test } from "bun:test";
import * as v from "valibot";
import { Sid } from "../../shared/contract/rooms.ts";
import { frameErrors, readFrame } from "./read-frame.ts";

test("how long a text may be is set, counted in code points, and told", () => {
  const sid = v.parse(Sid, "room001");
  const read = (text: string) =>
    readFrame(JSON.stringify({ hd: { event: "chat.message" }, bd: { text } }), sid, undefined, 3);
  expect(read(" 👋👋👋 ")).toMatchObject({ word: "message", text: "👋👋👋" });
  expect(read("abcd")).toMatchObject({ word: "error", code: "too_long" });
  expect(frameErrors(3).too_long).toContain("3 characters");
});
