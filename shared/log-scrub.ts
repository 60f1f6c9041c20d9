/** Fields whose value is never for a log, however they got there. */
const secretNames =
  /^(authorization|cookie|set-cookie|password|secret|token|jwt|api_?key|content|text|prompt|answer|question|message|body|lat|latitude|lng|lon|longitude|location|user_?location|image_?url)$/i;

/** What people and providers write into texts: credentials in URLs, tokens, keys, coordinates. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/(\/\/)[^/\s@"':]*:[^/\s@"']*@/g, "$1***@"],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, "***"],
  [/\b(Bearer|Basic|KakaoAK|Infuser)\s+[^\s"',}]+/gi, "$1 ***"],
  [/\b(?:sk-|tvly-|AIza)[\w-]{6,}/g, "***"],
  [
    /\b(service_?key|api_?key|access_token|client_secret|password|secret|token|key|lat|latitude|lng|lon|longitude)(["']?\s*[=:]\s*["']?)[^&\s"'<>,}]+/gi,
    "$1$2***",
  ],
  [/-?\d{1,3}\.\d{3,}\s*,\s*-?\d{1,3}\.\d{3,}/g, "***"],
];
const depthMost = 4;
const charsMost = 2000;

export function scrubText(text: string): string {
  let clean = text.length > charsMost ? `${text.slice(0, charsMost)}…` : text;
  for (const [pattern, instead] of patterns) clean = clean.replace(pattern, instead);
  return clean;
}

/** A field's value fit for a log: JSON, of a bounded size, without what must not be there. */
export function scrub(value: unknown, name = "", depth = 0): unknown {
  if (value === null || value === undefined) return value;
  if (secretNames.test(name) && typeof value !== "boolean") return "***";
  if (typeof value === "string") return scrubText(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return typeof value;
  if (value instanceof Error) return { type: value.name, message: scrubText(value.message) };
  if (value instanceof Date) return value.toISOString();
  if (depth >= depthMost) return "…";
  if (Array.isArray(value)) return value.slice(0, 50).map((each) => scrub(each, "", depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 50)
      .map(([key, each]) => [key, scrub(each, key, depth + 1)]),
  );
}
