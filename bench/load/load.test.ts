import { expect, test } from "bun:test";
import fc from "fast-check";
import { ChunkedBody } from "./chunked.ts";
import { Histogram } from "./histogram.ts";
import { agesOf, nowMs, stampToken } from "./stamp.ts";
import { StreamReader, type Tally } from "./stream.ts";

const newTally = (): Tally => ({
  ages: new Histogram(),
  frames: 0,
  started: 0,
  tokens: 0,
  bytes: 0,
  wrong: [],
  wrongCount: 0,
});
const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const frame = (id: string, event: string, data: object) =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
const hashOf = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");
const done = (id: string, text: string) =>
  frame(id, "done", { result: { sha256: hashOf(text), answer: text } });

/** What a reader counted of these bytes, however they were cut into packets. */
function read(text: string, cuts: readonly number[] = []): Tally & { isDone: boolean } {
  const bytes = Buffer.from(text);
  const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  const tally = newTally();
  const reader = new StreamReader("one", tally);
  for (let i = 1; i < at.length; i++) reader.feed(bytes.subarray(at[i - 1], at[i]));
  reader.close();
  return { ...tally, isDone: reader.isDone };
}

const good = [
  head,
  chunk(frame("1-1", "token", { seq: 1001, content: "라벨" })),
  chunk(`: quiet\n\n${frame("1-2", "token", { first_seq: 1002, seq: 1003, content: " 떼기" })}`),
  chunk(done("1-3", "라벨 떼기")),
  "0\r\n\r\n",
].join("");

test("a stream is read the same, however its packets are cut", () =>
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { maxLength: 30 }), (cuts) => {
      const { isDone, tokens, frames, wrong } = read(good, cuts);
      expect({ isDone, tokens, frames, wrong }).toEqual({
        isDone: true,
        tokens: 3,
        frames: 3,
        wrong: [],
      });
    }),
  ));

test.each([
  [
    "another text",
    chunk(frame("1-1", "token", { seq: 1001, content: "b" })) + chunk(done("1-2", "a")),
    "not the answer",
  ],
  ["an id that comes again", chunk(frame("1-1", "x", {}).repeat(2)), "came after"],
  ["an end before the ending", chunk(frame("1-1", "x", {})), "before its ending"],
])("%s is a flaw", (_name, body, flaw) => {
  expect(read(head + body).wrong.join()).toContain(flaw);
});

test("a refusal is a flaw, a reset and an answer in one piece are none", () => {
  expect(read("HTTP/1.1 429 No\r\nContent-Length: 2\r\n\r\n{}").wrong).toEqual(["one: status 429"]);
  const again = [
    frame("1-1", "token", { seq: 1001, content: "lost" }),
    frame("2-1", "token_recovery", { accumulated: "" }),
    frame("2-2", "token", { seq: 1002, content: "kept" }),
    done("2-3", "kept"),
  ];
  expect(read(head + again.map(chunk).join("")).wrong).toEqual([]);
  const whole = done("9-1", "x");
  expect(read(`HTTP/1.1 200 OK\r\nContent-Length: ${whole.length}\r\n\r\n${whole}`).wrong).toEqual(
    [],
  );
});

test("a body without chunks is handed on as it is", () => {
  const body = new ChunkedBody();
  const pieces: string[] = [];
  body.feed(Buffer.from("HTTP/1.1 200 OK\r\n\r\nab"), (piece) => pieces.push(piece.toString()));
  body.feed(Buffer.from("c"), (piece) => pieces.push(piece.toString()));
  expect([body.status, body.bytes, pieces.join("")]).toEqual([200, 3, "abc"]);
});

test("a percentile is within 2 % of the sample's", () =>
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), {
        minLength: 1,
        maxLength: 300,
      }),
      fc.constantFrom(0.5, 0.95, 0.99, 1),
      (samples, share) => {
        const histogram = new Histogram();
        for (const sample of samples) histogram.add(sample);
        const sorted = samples.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(samples.length * share) - 1] ?? 0;
        const told = new Histogram(histogram.toJSON()).percentile(share);
        expect(told / exact).toBeGreaterThan(0.999);
        expect(told / exact).toBeLessThan(1.0201);
      },
    ),
  ));

test("tokens tell their age, several in one text too", () => {
  const text = stampToken() + stampToken();
  const ages = agesOf(text, nowMs() + 50);
  expect(ages).toHaveLength(2);
  for (const age of ages) expect(age).toBeWithin(49, 60);
});
