import { expect, test } from "bun:test";
import { cleanText, cleanUrl, decodeEntities, pressOf, readTime } from "./clean.ts";
import { classify } from "./classify.ts";
import { imageIn } from "./page-image.ts";

const article = { title: "", snippet: "", keywords: null, ai_tag: null, hints: [] };

test.each([
  ["the source's category", { hints: ["technology"], title: "재활용 재활용" }, "ai"],
  ["an unknown category is passed over", { hints: ["sports", "business"] }, "energy"],
  ["tags before words", { keywords: ["solar"], title: "인공지능 인공지능" }, "energy"],
  ["words of the title", { title: "AI가 고른 기사" }, "ai"],
  ["no AI inside words", { title: "Maintain the fair trail of rain" }, "environment"],
  ["no EV inside words", { title: "Every event of the seven", snippet: "전력" }, "energy"],
  ["EV as a word", { title: "new EV sales" }, "energy"],
  ["particles behind Hangul words", { title: "태양광을 풍력으로" }, "energy"],
  ["what says nothing", { title: "오늘의 소식" }, "environment"],
] as const)("classified by %s", (_name, over, category) => {
  expect(classify({ ...article, ...over })).toBe(category);
});

test("text is one clean line", () => {
  expect(cleanText(" <b>a</b>\n\t b\u0000\u200b c ", 100)).toBe("a b c");
  expect(cleanText("x".repeat(11), 10)).toBe("xxxxxxx...");
  expect(cleanText(`${"x".repeat(6)}😀${"x".repeat(9)}`, 10)).toBe("xxxxxx...");
  expect(cleanText("\ud800", 10)).toBe("\ufffd");
  expect(cleanText({}, 10)).toBe("");
  expect(decodeEntities("&amp;lt; &#39; &#x1F600; &#0; &unknown; &#9999999;")).toBe(
    "&lt; ' 😀  &unknown; ",
  );
});

test("addresses are of the web, times between its beginning and now", () => {
  expect(cleanUrl(" https://a.example/x?a=1&amp;b=2 ")).toBe("https://a.example/x?a=1&b=2");
  for (const bad of [
    "javascript:alert(1)",
    "ftp://x",
    "x",
    "",
    null,
    `https://a.example/${"x".repeat(2000)}`,
  ])
    expect(cleanUrl(bad)).toBeNull();
  const now = Date.parse("2026-11-21T00:00:00Z");
  expect(readTime("2026-11-20 10:00:00", "+09:00", now)).toBe(Date.parse("2026-11-20T01:00:00Z"));
  expect(readTime("2026-11-20 10:00:00", "Z", now)).toBe(Date.parse("2026-11-20T10:00:00Z"));
  expect(readTime("Fri, 20 Nov 2026 10:00:00 +0900", "Z", now)).toBe(
    Date.parse("2026-11-20T01:00:00Z"),
  );
  expect(readTime("2036-11-20 10:00:00", "Z", now)).toBe(now);
  for (const bad of ["", "yesterday", "1970-01-01 00:00:00", 7])
    expect(readTime(bad, "Z", now)).toBeUndefined();
  expect(pressOf("https://news.kbs.co.kr/1")).toBe("KBS");
  expect(pressOf("https://www.small-press.example/1")).toBe("small-press.example");
});

test.each([
  ['<meta property="og:image" content="https://i.example/a.png">', "https://i.example/a.png"],
  ["<meta content='//i.example/b.png' property='og:image'>", "https://i.example/b.png"],
  ['<META NAME="og:image" CONTENT="/c.png">', "https://p.example/c.png"],
  ['<meta property="og:image" content="data:image/png;base64,AA">', null],
  [
    '<meta property="og:title" content="x"><!-- <meta property="og:image" content="/no.png"> -->',
    null,
  ],
  ['<meta property="og:image" content="', null],
])("the page's picture in %p", async (html, image) => {
  expect(await imageIn(html, "https://p.example/x/1")).toBe(image);
});
