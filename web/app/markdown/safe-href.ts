const allowed = new Set(["http:", "https:", "mailto:"]);

/** The link as the browser will understand it, or undefined when it may not be followed. */
export function safeHref(href: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(href.trim())) return undefined; // relative: an answer has no place of its own
  try {
    const url = new URL(href.trim());
    return allowed.has(url.protocol) && url.username === "" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Pictures load by themselves, so only the page's own origin may show them; others become links. */
export function isOwnImage(href: string, origin: string): boolean {
  try {
    return new URL(href, origin).origin === origin && /^https?:/.test(origin);
  } catch {
    return false;
  }
}
