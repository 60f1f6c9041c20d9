import { expect, test } from "bun:test";
import fc from "fast-check";
import { guardLinks } from "./link-guard.ts";

function shown(text: string, size = text.length, hosts = ["cdn.eco2.example"]): string {
  const guard = guardLinks(hosts);
  let out = "";
  for (let i = 0; i < text.length; i += size) out += guard.add(text.slice(i, i + size));
  return out + guard.rest();
}

const table: [string, string][] = [
  ["라벨을 떼세요. (꼭!)", "라벨을 떼세요. (꼭!)"],
  ["[구청](https://www.mapo.go.kr/a)에서", "[구청](https://www.mapo.go.kr/a)에서"],
  ["[여기](https://evil.example/x?q=1) 눌러", "여기 (`https://evil.example/x?q=1`) 눌러"],
  ["![x](https://evil.example/p.png)", "x (`https://evil.example/p.png`)"],
  ["![](https://evil.example/p.png)", "그림 (`https://evil.example/p.png`)"],
  ["![이코](https://cdn.eco2.example/1.png)", "![이코](https://cdn.eco2.example/1.png)"],
  ["[x](javascript:alert(1))", "\\[x](javascript:alert(1))"],
  ["[x](data:text/html,hi)", "x (`data:text/html,hi`)"],
  ["[x](//evil.example)", "x (`//evil.example`)"],
  ['[x](https://evil.example "제목")', "x (`https://evil.example`)"],
  ["https://evil.example/a. 끝", "`https://evil.example/a`. 끝"],
  ["www.evil.example 가세요", "`www.evil.example` 가세요"],
  ["https://place.map.kakao.com/12, 지도", "https://place.map.kakao.com/12, 지도"],
  ["https://go.kr.evil.example", "`https://go.kr.evil.example`"],
  ["https://me@www.mapo.go.kr", "`https://me@www.mapo.go.kr`"],
  ["<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)>"],
  ["<https://evil.example>", "\\<`https://evil.example`>"],
  ["[a][1]\n[1]: https://evil.example", "\\[a]\\[1]\n\\[1]: `https://evil.example`"],
  ["[https://evil.example](https://evil.example)", "evil.example (`https://evil.example`)"],
  ["3 < 5 그리고 1 > 0", "3 < 5 그리고 1 > 0"],
  ["[ ] 할 일", "\\[ ] 할 일"],
];
test.each(table)("%s is shown as %s", (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test("however the text is cut, the same is shown", () => {
  const piece = fc.constantFrom(
    ...table.map(([text]) => text),
    " ",
    "가나",
    "[",
    "](",
    "http",
    "!",
    "<",
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      (pieces, size) => {
        const text = pieces.join("");
        expect(shown(text, size)).toBe(shown(text));
      },
    ),
  );
});

test("whatever is written, no link leads to another host", () => {
  const piece = fc.constantFrom(
    "[",
    "]",
    "(",
    ")",
    "!",
    "https://evil.example",
    "a",
    " ",
    "\n",
    "<",
    ">",
    "`",
    "www.evil.example",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      expect(shown(pieces.join(""))).not.toMatch(/(?<!\\)\[[^\]\n]*\]\(\s*<?https?:\/\/evil/);
    }),
  );
});

test("a bracket that never closes does not hold the answer back", () => {
  const guard = guardLinks([]);
  expect(guard.add(`[${"가".repeat(2500)}`).length).toBeGreaterThan(2000);
});

test("with the base of our own pictures, those pass and nothing beside them", () => {
  const base = "http://127.0.0.1:8000/api/v1/images/_cdn";
  const own = `![그림](${base}/generated/${"a".repeat(32)}.png)`;
  expect(shown(own, 7, [base])).toBe(own);
  for (const url of [`${base}/../chat`, "http://127.0.0.1:8000/x", `http://x.example/${base}`])
    expect(shown(`![그림](${url})`, 7, [base])).toBe(`그림 (\`${url}\`)`);
});
