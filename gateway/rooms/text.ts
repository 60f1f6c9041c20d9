export type Cleaned =
  | { readonly word: "text"; readonly text: string }
  | { readonly word: "empty" }
  | { readonly word: "long" }
  /** A lone surrogate: no UTF-8 can carry it. */
  | { readonly word: "broken" };

/** Control characters but tab and newline. Joiners and the like stay: emoji and scripts need them. */
const controls = /(?![\t\n])\p{Cc}/gu;

/** A message as it is stored: NFC, without control characters, trimmed. */
export function cleanText(text: string, maxChars: number): Cleaned {
  if (!text.isWellFormed()) return { word: "broken" };
  const clean = text.replace(controls, "").normalize("NFC").trim();
  if (clean === "") return { word: "empty" };
  let chars = 0;
  for (const _ of clean) if (++chars > maxChars) return { word: "long" };
  return { word: "text", text: clean };
}
