import { expect, test } from "bun:test";
import fc from "fast-check";
import { readCsv } from "./csv.ts";
import { readRows } from "./read-rows.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

test.each([
  ["a,b\n1,2\n", [{ a: "1", b: "2" }]],
  ["\uFEFFa,b\r\n1,2", [{ a: "1", b: "2" }]],
  ['a,b\n"x,""y""",2', [{ a: 'x,"y"', b: "2" }]],
  ['a,b\n"two\nlines",2\n\n', [{ a: "two\nlines", b: "2" }]],
  ["a\tb\n1,5\t2", [{ a: "1,5", b: "2" }]],
  ["a,b\n1", [{ a: "1", b: "" }]],
  ["", []],
])("%j is read", (text, rows) => {
  expect(readCsv(text)).toEqual(rows);
});

test("what is written as CSV is read back", () =>
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: fc.string(), b: fc.string() }), { minLength: 1 }),
      (rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = ["a,b,n", ...rows.map(({ a, b }, i) => `${quoted(a)},${quoted(b)},${i}`)];
        const read = readCsv(text.join("\r\n"));
        expect(read).toEqual(
          rows.map(({ a, b }, i) => ({ a: a.trim(), b: b.trim(), n: String(i) })),
        );
      },
    ),
  ));

test("broken files are told in a sentence", () => {
  expect(() => readCsv('a\n"open')).toThrow("never closes");
  expect(() => readCsv("a\n1,2")).toThrow("row 1 has 2 cells");
  expect(() => readRows(utf8(""))).toThrow("no rows");
  expect(() => readRows(utf8("{"))).toThrow("is none");
  expect(() => readRows(utf8('{"a":[1]}'))).toThrow("no list of objects");
  expect(() => readRows(new Uint8Array([0x61, 0xff, 0xff]))).toThrow("not utf-8 or cp949");
});

test("JSON comes as a list or holds one; CP949 is found out", () => {
  expect(readRows(utf8('{"n":1,"data":[{"a":1,"b":null,"c":["x","y"]}]}')).rows).toEqual([
    { a: "1", b: "", c: "x, y" },
  ]);
  const cp949 = Buffer.from("c0cc8f9e", "hex");
  expect(readRows(new Uint8Array([...cp949, 10, 0x61])).encoding).toBe("cp949");
});
