import { expect, test } from "bun:test";
import fc from "fast-check";
import { createSseParser, type SseFrame } from "./parse-sse.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => createSseParser().feed(encode(text));

test.each([
  { name: "id, event and data", text: "id: 1-1\nevent: token\ndata: {}\n\n" },
  { name: "CRLF", text: "id: 1-1\r\nevent: token\r\ndata: {}\r\n\r\n" },
  { name: "CR alone", text: "id: 1-1\revent: token\rdata: {}\r\r" },
  { name: "no space after the colon", text: "id:1-1\nevent:token\ndata:{}\n\n" },
  { name: "a byte order mark", text: "\uFEFFid: 1-1\nevent: token\ndata: {}\n\n" },
  { name: "comments between", text: ": hi\nid: 1-1\n:\nevent: token\ndata: {}\n\n: bye\n\n" },
])("reads $name", ({ text }) => {
  expect(parse(text)).toEqual([{ id: "1-1", event: "token", data: "{}" }]);
});

test("several data lines are joined, an event without data is none", () => {
  expect(parse("data: a\ndata\ndata:  b\n\nevent: x\n\n")).toEqual([
    { id: undefined, event: "message", data: "a\n\n b" },
  ]);
});

test("an id with NUL is ignored, unknown fields too", () => {
  expect(parse("id: a\0b\nnonsense: 1\ndata: x\n\n")).toEqual([
    { id: undefined, event: "message", data: "x" },
  ]);
});

test("an unfinished event waits for its blank line", () => {
  const parser = createSseParser();
  expect(parser.feed(encode("id: 1-1\ndata: x\n"))).toEqual([]);
  expect(parser.feed(encode("\n"))).toHaveLength(1);
});

test("the retry hint is kept", () => {
  const parser = createSseParser();
  parser.feed(encode("retry: 750\n\nretry: soon\n\n"));
  expect(parser.retryMs()).toBe(750);
});

const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n\0]/g, ""));
const frames = fc.array(
  fc.record({
    id: fc.option(line, { nil: undefined }),
    event: line.filter((name) => name !== ""),
    data: fc.array(line, { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 6 },
);

test("wherever the bytes are cut, the frames are the same", () =>
  fc.assert(
    fc.property(
      frames,
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.array(fc.nat({ max: 400 })),
      (sent, end, cuts) => {
        const text = sent
          .map(({ id, event, data }) =>
            [
              ...(id === undefined ? [] : [`id: ${id}`]),
              `event: ${event}`,
              ...data.map((one) => `data: ${one}`),
              "",
              "",
            ].join(end),
          )
          .join("");
        const bytes = encode(text);
        const parser = createSseParser();
        const got: SseFrame[] = [];
        const places = [0, ...cuts.filter((at) => at < bytes.length), bytes.length].sort(
          (a, b) => a - b,
        );
        for (const [i, from] of places.entries()) {
          const to = places[i + 1];
          if (to !== undefined) got.push(...parser.feed(bytes.subarray(from, to)));
        }
        expect(got).toEqual(
          sent.map(({ id, event, data }) => ({ id, event, data: data.join("\n") })),
        );
      },
    ),
  ));
