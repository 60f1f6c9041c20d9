import type { Citation } from "./model-client.ts";

/** Each web address once, in order; anything but http(s) is dropped. */
export function uniqueCitations(citations: readonly Citation[]): Citation[] {
  const byUrl = new Map<string, Citation>();
  for (const citation of citations) {
    const isWeb = /^https?:\/\//i.test(citation.url) && URL.canParse(citation.url);
    if (isWeb && !byUrl.has(citation.url)) byUrl.set(citation.url, citation);
  }
  return [...byUrl.values()];
}
