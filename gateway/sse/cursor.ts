import { type EventId, parseEventId } from "../../shared/contract/ids.ts";

/** Where a reader says it stands: nowhere yet, at an id, or at something no log can hold. */
export type Cursor =
  | { readonly word: "fresh" }
  | { readonly word: "at"; readonly id: EventId }
  | { readonly word: "unknown" };

/** Forms of an older gateway. They number other streams, so they say no more than "send me the text". */
const legacy = /^(recovery|progress):\d+$/;

/**
 * Reads `Last-Event-ID`, or its query twin `last_event_id`; the header wins. A reader with only the legacy
 * `last_token_seq` is fresh: it gets the text so far at once.
 */
export function readCursor(header: string | undefined, query: string | undefined): Cursor {
  const text = header || query;
  if (text === undefined || text === "" || legacy.test(text)) return { word: "fresh" };
  const id = parseEventId(text);
  return id ? { word: "at", id } : { word: "unknown" };
}
