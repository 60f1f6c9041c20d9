import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ComponentChild, VNode } from "preact";
import { noBlocks, toBlocks } from "./blocks.ts";
import { closeMarks } from "./close-marks.ts";
import { renderBlock } from "./render.tsx";
import { isOwnImage, safeHref } from "./safe-href.ts";

/** What a browser would show, as readable markup; props that are not text would show up here. */
function show(node: ComponentChild): string {
  if (node === null || node === undefined || typeof node === "boolean") return "";
  if (Array.isArray(node)) return (node as ComponentChild[]).map(show).join("");
  if (typeof node !== "object") return String(node).replaceAll("<", "‹").replaceAll(">", "›");
  const { type, props } = node as VNode<Record<string, unknown>>;
  const { children, ...attributes } = props;
  const list = Object.entries(attributes).map(([name, value]) => ` ${name}="${String(value)}"`);
  return `<${String(type)}${list.join("")}>${show(children as ComponentChild)}</${String(type)}>`;
}
const markdown = (text: string) => {
  const { settled, live } = toBlocks(text);
  return [...settled, ...live].map((token) => show(renderBlock(token))).join("");
};

const outside = ' target="_blank" rel="noopener noreferrer nofollow"';
test.each([
  ["a script", "<script>alert(1)</script>", "<p>‹script›alert(1)‹/script›</p>"],
  ["an event handler", "<img src=x onerror=alert(1)>", "<p>‹img src=x onerror=alert(1)›</p>"],
  ["inline html", "a <b onclick=x>b</b>", "<p>a ‹b onclick=x›b‹/b›</p>"],
  ["a script link", "[x](javascript:alert(1))", '<p><span class="dead-link">x</span></p>'],
  ["one in disguise", "[x](JaVa&#x73;cript:alert(1))", '<p><span class="dead-link">x</span></p>'],
  ["a data link", "[x](data:text/html,hi)", '<p><span class="dead-link">x</span></p>'],
  ["a link with a password", "[x](https://a@b.c/)", '<p><span class="dead-link">x</span></p>'],
  ["a relative link", "[x](/logout)", '<p><span class="dead-link">x</span></p>'],
  ["a link", "[x](https://a.kr/)", `<p><a href="https://a.kr/"${outside}>x</a></p>`],
  ["an address", "https://a.kr/b", `<p><a href="https://a.kr/b"${outside}>https://a.kr/b</a></p>`],
  ["mail", "[x](mailto:a@b.kr)", `<p><a href="mailto:a@b.kr"${outside}>x</a></p>`],
  [
    "a picture",
    "![그림](https://a.kr/b.png)",
    `<p><a href="https://a.kr/b.png"${outside}>그림</a></p>`,
  ],
  ["a script picture", "![x](javascript:1)", '<p><span class="dead-link">x</span></p>'],
  ["entities", "a &amp; b &lt;c&gt;", "<p>a & b ‹c›</p>"],
  [
    "emphasis",
    "**굵게** *기울여* ~~지움~~ `x<y`",
    "<p><strong>굵게</strong> <em>기울여</em> <del>지움</del> <code>x‹y</code></p>",
  ],
  ["line breaks", "하나\n둘", "<p>하나<br></br>둘</p>"],
  ["headings under the page's own", "# 제목", "<h2>제목</h2>"],
])("%s", (_, text, shown) => expect(markdown(text)).toBe(shown));

test.each([
  ["**굵", "**굵**"],
  ["**", ""],
  ["가 **나 ", "가 **나**"],
  ["**나*", "**나**"],
  ["**나** 다", "**나** 다"],
  ["가 `나", "가 `나`"],
  ["```\n**나", "```\n**나"],
  ["**나\n\n다", "**나\n\n다"],
  ["가 [나](https://다", "가 [나](#)"],
  ["가 ![나](", "가 [나](#)"],
  ["**가 [나](https:", "**가 [나](#)**"],
  ["가 [나](https://다) 라", "가 [나](https://다) 라"],
])("of a growing text %j is shown as %j", (text, shown) => expect(closeMarks(text)).toBe(shown));

test("lists, tables, quotes and code keep their parts", () => {
  expect(markdown("- a\n- b")).toBe("<ul><li>a</li><li>b</li></ul>");
  expect(markdown("3. a\n4. b")).toBe('<ol start="3"><li>a</li><li>b</li></ol>');
  expect(markdown("> q")).toBe("<blockquote><p>q</p></blockquote>");
  expect(markdown("| a |\n|--|\n| b |")).toContain("<td data-align");
  expect(markdown("```ts\nlet x = 1 < 2;\n```")).toContain("<code>let x = 1 ‹ 2;</code>");
});

test.each([
  "vbscript:x",
  "file:///etc/passwd",
  "blob:x",
  "//a.kr",
  "java\nscript:x",
  "",
  "http://",
])("%s is no link", (href) => expect(safeHref(href)).toBeUndefined());

test("only the page's own pictures are shown", () => {
  expect(isOwnImage("/a.png", "https://a.kr")).toBe(true);
  expect(isOwnImage("https://b.kr/a.png", "https://a.kr")).toBe(false);
  expect(isOwnImage("data:image/png;base64,x", "https://a.kr")).toBe(false);
});

const pieces = [
  "# 제목\n",
  "글 ",
  "\n\n",
  "- 하나\n",
  "  - 둘\n",
  "1. 셋\n",
  "```\n",
  "x = 1\n",
  "> 인용\n",
];
const more = [
  "| a | b |\n",
  "|---|---|\n",
  "**굵게**",
  "    들여쓰기\n",
  "---\n",
  "<div>\n",
  "~~~\n",
  "\n",
];

test("a text that grows piece by piece ends as the whole text does", () =>
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 14 }), (parts) => {
      let blocks = noBlocks;
      let text = "";
      for (const part of parts) blocks = toBlocks((text += part), blocks);
      const grown = [...blocks.settled, ...blocks.live];
      const whole = toBlocks(text);
      expect(grown.map((token) => token.raw).join("")).toBe(
        [...whole.settled, ...whole.live].map((token) => token.raw).join(""),
      );
    }),
  ));

test("whatever the text, no attribute but the known ones appears", () =>
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const names = [...markdown(text).matchAll(/ (\w[\w-]*)="/g)].map((match) => match[1]);
      const known = ["href", "target", "rel", "class", "start", "type", "checked", "disabled"];
      const others = ["data-copy", "data-align", "tabIndex", "role", "key"];
      for (const name of names) expect([...known, ...others]).toContain(name ?? "");
    }),
  ));
