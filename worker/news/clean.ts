// What a source says, made fit to keep: plain text of bounded length, addresses of the web, times in milliseconds.
import { createHash } from "node:crypto";
import { news as limits } from "../../shared/limits.ts";

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/** Decodes entities once: what was escaped twice stays escaped once. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi, (all, dec, hex, name) => {
    if (name !== undefined) return named[String(name).toLowerCase()] ?? all;
    const code = dec === undefined ? Number.parseInt(hex, 16) : Number(dec);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

/** One line of text: without tags, entities, control characters; with an ellipsis where it was cut. */
export function cleanText(raw: unknown, maxChars: number): string {
  if (typeof raw !== "string") return "";
  const text = decodeEntities(raw.slice(0, 20_000).replace(/<[^<>]*>/g, " "))
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  if (text.length <= maxChars) return text;
  const cut = text.slice(0, maxChars - 3);
  // not in the middle of a surrogate pair
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}...`;
}

/** An http(s) address, or null. */
export function cleanUrl(raw: unknown, base?: string): string | null {
  if (typeof raw !== "string") return null;
  const text = decodeEntities(raw.trim());
  if (text === "" || text.length > limits.urlChars || !URL.canParse(text, base)) return null;
  const url = new URL(text, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  return url.href.length <= limits.urlChars ? url.href : null;
}

/**
 * Milliseconds of a date as sources write it: RFC 2822, ISO, or `YYYY-MM-DD HH:mm:ss` of `zone`. Undefined for what is no
 * date or before the web; a time to come is now, or it would stay on top.
 */
export function readTime(raw: unknown, zone: "Z" | "+09:00", nowMs: number): number | undefined {
  if (typeof raw !== "string") return undefined;
  const plain = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)$/.exec(raw.trim());
  const ms = Date.parse(plain ? `${plain[1]}T${plain[2]}${zone}` : raw.trim());
  if (!Number.isFinite(ms) || ms < Date.parse("1995-01-01T00:00:00Z")) return undefined;
  return Math.min(ms, nowMs);
}

/** `naver_1a2b3c4d5e6f`: the same for the same address. */
export function idOf(source: string, url: string): string {
  return `${source}_${createHash("md5").update(url).digest("hex").slice(0, 12)}`;
}

const presses: Readonly<Record<string, string>> = {
  "yna.co.kr": "연합뉴스",
  "hani.co.kr": "한겨레",
  "khan.co.kr": "경향신문",
  "chosun.com": "조선일보",
  "joongang.co.kr": "중앙일보",
  "donga.com": "동아일보",
  "mk.co.kr": "매일경제",
  "hankyung.com": "한국경제",
  "etnews.com": "전자신문",
  "sbs.co.kr": "SBS",
  "kbs.co.kr": "KBS",
  "imbc.com": "MBC",
  "ytn.co.kr": "YTN",
  "newsis.com": "뉴시스",
  "news1.kr": "뉴스1",
  "hkbs.co.kr": "환경일보",
  "aitimes.com": "AI타임스",
};

/** The press behind an address, by its host. */
export function pressOf(url: string): string {
  const host = new URL(url).hostname.replace(/^(?:www|m|news|n)\./, "");
  const [, known] =
    Object.entries(presses).find(([name]) => host === name || host.endsWith(`.${name}`)) ?? [];
  return known ?? host.slice(0, 128);
}
