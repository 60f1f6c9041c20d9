import fc from "fast-check";
import { expect, test } from "bun:test";
import type { MessageId } from "../shared/contract/ids.ts";
import type { ChatMessage } from "../shared/contract/api.ts";
import { mergePage, microsOf, placeAfter, placeOf } from "./history.ts";

const message = (id: string, role: "user" | "assistant", created_at: string): ChatMessage => ({
  id: id as MessageId,
  role,
  content: "",
  image_url: null,
  job_id: null,
  intent: null,
  metadata: null,
  created_at,
});

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const order = (a: ChatMessage, b: ChatMessage) =>
  microsOf(a.created_at) - microsOf(b.created_at) ||
  placeOf(a).r - placeOf(b).r ||
  (a.id < b.id ? -1 : 1);

/** What the query does. */
function newestBefore(all: readonly ChatMessage[], before: ChatMessage | undefined, count: number) {
  return all
    .filter((one) => !before || order(one, before) < 0)
    .slice(-count)
    .toReversed();
}

const messages = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    role: fc.constantFrom("user" as const, "assistant" as const),
    ms: fc.nat(20),
  }),
  { selector: ({ id }) => id, maxLength: 30 },
);

test("pages of any size walk every message once, oldest first in each", () =>
  fc.assert(
    fc.property(messages, messages, fc.integer({ min: 1, max: 12 }), (stored, waiting, limit) => {
      const rows = stored.map(({ id, role, ms }) => message(id, role, at(ms))).sort(order);
      const pending = placeAfter(
        rows.at(-1)?.created_at,
        waiting.map(({ id, role, ms }) => message(id, role, at(ms))),
      );
      const walked: ChatMessage[] = [];
      for (let before: ChatMessage | undefined, more = true; more;) {
        const place = before && placeOf(before);
        const page = mergePage(newestBefore(rows, before, limit + 1), pending, place, limit);
        expect(page.messages.length).toBeLessThanOrEqual(limit);
        walked.unshift(...page.messages);
        before = page.messages[0];
        more = page.hasMore;
      }
      expect(walked.map(({ id }) => id)).toEqual([...rows, ...pending].map(({ id }) => id));
    }),
  ));

test("a question that waits behind another answer stands after it", () => {
  const answer = message("b", "assistant", at(500));
  const [question] = placeAfter(answer.created_at, [message("a", "user", at(100))]);
  expect(microsOf(question?.created_at ?? "")).toBeGreaterThan(microsOf(answer.created_at));
});

test.each([
  ["2026-01-01T00:00:00Z", 1_767_225_600_000_000],
  ["2026-01-01T00:00:00.000001Z", 1_767_225_600_000_001],
  ["2026-01-01T00:00:00.5Z", 1_767_225_600_500_000],
  ["2026-01-01T09:00:00.123456+09:00", 1_767_225_600_123_456],
])("%s is %i microseconds", (text, micros) => expect(microsOf(text)).toBe(micros));
