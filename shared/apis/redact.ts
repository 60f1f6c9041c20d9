const maxDetailChars = 200;
const named =
  /\b(serviceKey|apikey|api_key|access_token|client_secret|key)(["']?\s*[=:]\s*["']?)[^&\s"'<>,}]+/gi;
const headers =
  /\b(x-goog-api-key|x-naver-client-secret|authorization)\b["']?\s*[:=]\s*["']?[^\r\n"',}]+/gi;
const schemes = /\b(Bearer|KakaoAK|Infuser)\s+[^\s"',}]+/gi;
const shapes = /\b(?:sk-|tvly-|AIza)[\w*-]{6,}/g;

/** Forms in which a key may come back: as it is, percent-encoded, and decoded. */
function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret)];
  if (/%[0-9A-Fa-f]{2}/.test(secret)) {
    try {
      forms.push(decodeURIComponent(secret));
    } catch {
      // not percent-encoding after all: the other forms stand
    }
  }
  return forms.filter((form) => form.length >= 4).sort((a, b) => b.length - a.length);
}

/**
 * A provider's words made fit for a log: no key in any form, no control characters, one line,
 * at most 200 characters.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const form of secrets.flatMap(formsOf)) clean = clean.replaceAll(form, "***");
  clean = clean
    .replace(headers, "$1: ***")
    .replace(schemes, "$1 ***")
    .replace(named, "$1$2***")
    .replace(shapes, "***")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return clean.length > maxDetailChars ? `${clean.slice(0, maxDetailChars)}…` : clean;
}
