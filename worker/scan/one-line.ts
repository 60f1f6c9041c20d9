import { guardLinks } from "../graph/link-guard.ts";

/** A model's text as one line without control characters, cut at a whole character. */
export function oneLine(text: string, maxChars: number): string {
  const plain = text
    .normalize("NFC")
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim();
  return Array.from(plain).slice(0, maxChars).join("").trim();
}

/** The same, with every link to a host that is not allowed turned into text. */
export function safeLine(text: string, maxChars: number, linkHosts: readonly string[]): string {
  const guard = guardLinks(linkHosts);
  return guard.add(oneLine(text, maxChars)) + guard.rest();
}
