/** A field of a value that may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

export function textField(value: unknown, name: string): string | undefined {
  const held = field(value, name);
  return typeof held === "string" ? held : undefined;
}

/** 0 when absent or not a count. */
export function countField(value: unknown, name: string): number {
  const held = field(value, name);
  return typeof held === "number" && Number.isFinite(held) && held > 0 ? held : 0;
}

export function listField(value: unknown, name: string): readonly unknown[] {
  const held = field(value, name);
  return Array.isArray(held) ? held : [];
}

/** A provider's sentence for a log: without the key, one line, at most 200 characters. */
export function redact(text: string, key: string | undefined): string {
  const clean = (key !== undefined && key.length >= 4 ? text.replaceAll(key, "***") : text)
    .replace(/\b(?:sk-|AIza)[\w*-]{6,}/g, "***")
    .replace(/\b(Bearer)\s+[^\s"',}]+/gi, "$1 ***")
    .replace(/\b(key)=[^&\s"']+/gi, "$1=***")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}
