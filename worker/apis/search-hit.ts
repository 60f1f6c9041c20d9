import { clip } from "../../shared/apis/wire.ts";

/** One page of the web. All of it comes from outside: data, never instructions. */
export interface SearchHit {
  readonly title: string;
  /** http or https. */
  readonly url: string;
  readonly snippet: string;
  /** Host without `www.`. */
  readonly source: string;
  /** As the engine wrote it. */
  readonly publishedAt: string | null;
}

export interface SearchQuery {
  readonly query: string;
  /** Undefined: any time. */
  readonly period?: "day" | "week" | "month" | "year" | undefined;
  readonly topic?: "general" | "news" | undefined;
  /** 1 to 20, by default 5. */
  readonly maxResults?: number | undefined;
}

const titleChars = 300;
const snippetChars = 2000;

/** Undefined for an address that is not a web page's, or one with credentials in it. */
export function toHit(
  title: string,
  address: string,
  snippet: string,
  publishedAt: string | null = null,
): SearchHit | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  const name = oneLine(title);
  const source = (isRedirect(url, name) ? name : url.hostname).replace(/^www\./, "");
  return {
    title: clip(name === "" ? source : name, titleChars),
    url: url.href,
    snippet: clip(oneLine(snippet), snippetChars),
    source,
    publishedAt,
  };
}

/** Gemini hides the page behind a redirect of its own and gives the host as the title. */
function isRedirect(url: URL, title: string): boolean {
  return url.hostname === "vertexaisearch.cloud.google.com" && /^[\w-]+(?:\.[\w-]+)+$/.test(title);
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ").trim();
}
