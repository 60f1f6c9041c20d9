import { expect, test } from "bun:test";
import fc from "fast-check";
import { bound } from "../../shared/testing/bound.ts";
import { until } from "../../shared/testing/until.ts";
import { framesOf, rawVoice } from "./raw-voice.ts";
import { Words } from "./words.ts";

function spoken(pieces: readonly string[]): string[] {
  const frames: string[] = [];
  const voice = rawVoice((frame) => frames.push(frame));
  voice.begin("s");
  for (const piece of pieces) voice.token(piece);
  voice.done(pieces.join(""), "j");
  return frames;
}

test("whatever the tokens are, the frames before the one [DONE] are the answer", () => {
  const token = fc.oneof(
    fc.constantFrom("[DONE]", "[", "DONE]", '{"error":"busy"}', "", "\n", "🐧🐧"),
    fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.toWellFormed()),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
      const frames = spoken(tokens);
      expect(frames.at(-1)).toBe("[DONE]");
      const said = frames.slice(0, -1);
      expect(said.join("")).toBe(tokens.join(""));
      for (const frame of said) {
        expect(["", "[DONE]", '{"error":"busy"}']).not.toContain(frame);
        expect(Array.from(frame).length).toBeLessThanOrEqual(64);
        expect(frame.isWellFormed()).toBe(true);
      }
    }),
  );
});

test("the first token does not wait, the next ones gather for a moment", async () => {
  const frames: string[] = [];
  const voice = rawVoice((frame) => frames.push(frame));
  voice.begin("s");
  for (const token of ["가", "나", "다"]) voice.token(token);
  expect(frames).toEqual(["가"]);
  const startedAt = performance.now();
  await until(() => frames.length === 2);
  expect(performance.now() - startedAt).toBeLessThan(bound(500));
  expect(frames).toEqual(["가", "나다"]);
  voice.token("라");
  voice.token("마".repeat(64));
  expect(frames.length).toBeGreaterThan(2); // 64 characters wait for nobody
  voice.error("llm_unavailable");
  expect(frames.at(-1)).toBe('{"error":"llm unavailable"}');
  voice.close();
});

test("after a socket is gone nothing is sent", async () => {
  const frames: string[] = [];
  const voice = rawVoice((frame) => frames.push(frame));
  voice.begin("s");
  voice.token("가");
  voice.token("나");
  voice.close();
  await Bun.sleep(80);
  expect(frames).toEqual(["가"]);
});

test("frames of ours go out in two when the model says them", () => {
  expect(framesOf("[DONE]")).toEqual(["[DONE", "]"]);
  expect(framesOf('{"error":"internal"}')).toEqual(['{"error":"internal"', "}"]);
});

test("an attempt that starts over is followed silently as far as it says the same", () => {
  const words = new Words();
  expect([words.add("라벨을 "), words.add("떼고 ")]).toEqual(["라벨을 ", "떼고 "]);
  expect([words.restart(""), words.add("라벨을 떼"), words.add("고 버려요")]).toEqual([
    "",
    "",
    "버려요",
  ]);
  expect(words.finish("라벨을 떼고 버려요")).toBe("");
});

test("one that says something else cannot be said to whoever heard the first", () => {
  const frames: string[] = [];
  const voice = rawVoice((frame) => frames.push(frame));
  voice.begin("s");
  voice.token("라벨을 ");
  voice.reset("");
  voice.token("다른 말");
  expect(voice.done("다른 말", "j")).toBe(false);
  expect(frames).toEqual(["라벨을 "]);
  voice.begin("s");
  voice.token("새로");
  expect(voice.done("새로운 답", "j")).toBe(true); // what was not heard yet comes with the end
  expect(frames.slice(1).join("")).toBe("새로운 답[DONE]");
});
