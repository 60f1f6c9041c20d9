import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { readEvents } from "./sse-lines.ts";

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]) {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    yield await Promise.resolve(bytes.slice(from, end));
    from = end;
  }
}

const readAll = (text: string, cuts: readonly number[] = []) =>
  Array.fromAsync(readEvents(inPieces(new TextEncoder().encode(text), cuts)));
const event = (data: string, name = "", isWhole = true) => ({ event: name, data, isWhole });

test.each([
  { name: "one event", text: "data: a\n\n", events: [event("a")] },
  { name: "no space after the colon", text: "data:a\n\n", events: [event("a")] },
  { name: "only the first space is dropped", text: "data:  a\n\n", events: [event(" a")] },
  { name: "several data lines", text: "data: a\ndata: b\ndata\n\n", events: [event("a\nb\n")] },
  {
    name: "comments and other fields",
    text: ": hi\nid: 1\nretry: 5\ndata: a\n\n",
    events: [event("a")],
  },
  {
    name: "a name",
    text: "event: done\ndata: a\n\ndata: b\n\n",
    events: [event("a", "done"), event("b")],
  },
  { name: "no data", text: "event: ping\n\n: x\n\n\n\n", events: [] },
  { name: "CRLF", text: "data: a\r\n\r\ndata: b\r\n\r\n", events: [event("a"), event("b")] },
  { name: "lonely CR", text: "data: a\r\rdata: b\r\r", events: [event("a"), event("b")] },
  {
    name: "an end without its blank line",
    text: "data: a\n\ndata: b\n",
    events: [event("a"), event("b", "", false)],
  },
  {
    name: "an end inside a line",
    text: "data: a\n\ndata: b",
    events: [event("a"), event("b", "", false)],
  },
  { name: "a byte order mark", text: "\uFEFFdata: a\n\n", events: [event("a")] },
  { name: "nothing", text: "", events: [] },
])("$name is read", async ({ text, events }) => {
  expect(await readAll(text)).toEqual([...events]);
});

test("wherever the chunks end, the events are the same", async () => {
  const line = fc.stringMatching(/^[^\r\n]{0,12}$/u).map((text) => `${text}♻️가`);
  const texts = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(), { maxLength: 40 }), async (parts, cuts) => {
      const text = parts.map(([data, end]) => `event: e${end}data: ${data}${end}${end}`).join("");
      const expected = parts.map(([data]) => event(data.toWellFormed(), "e"));
      expect(await readAll(text, cuts)).toEqual(expected);
    }),
  );
});

test("an endless event is refused", async () => {
  async function* endless() {
    const chunk = new TextEncoder().encode("x".repeat(1024 * 1024));
    for (;;) yield await Promise.resolve(chunk);
  }
  const reading = Array.fromAsync(readEvents(endless()));
  expect(await reading.catch((cause: unknown) => cause)).toBeInstanceOf(RangeError);
});

test("a cut at any single place changes nothing", async () => {
  const text = "event: e\r\ndata: 가\r\ndata: b\r\n\r\ndata: ♻️\n\n";
  const whole = await readAll(text);
  for (let cut = 0; cut <= new TextEncoder().encode(text).length; cut++) {
    expect(await readAll(text, [cut])).toEqual(whole);
  }
});
