import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Message, newMessage } from "./message.ts";
import { reconcile, rowBufferMs } from "./reconcile.ts";

const now = 1_800_000_000_000;
const of = (more: Partial<Message> & { clientId: string }): Message =>
  newMessage({ chatId: "c", role: "user", content: more.clientId, createdAt: now, ...more });
const row = (id: string, createdAt: number, more: Partial<Message> = {}) =>
  of({ clientId: id, serverId: id, status: "committed", createdAt, ...more });
const keys = (messages: readonly Message[]) => messages.map((one) => one.clientId);

test("a row takes the place of the message it is, under the key the page knows", () => {
  const local = of({ clientId: "mine", serverId: "s1", status: "committed", content: "old" });
  const [only, ...others] = reconcile([row("s1", now - 5, { content: "new" })], [local], now);
  expect(others).toEqual([]);
  expect(only).toMatchObject({
    clientId: "mine",
    serverId: "s1",
    content: "new",
    createdAt: now - 5,
  });
});

test("a running question the server already lists is one message, by job or by its text", () => {
  const byJob = of({ clientId: "mine", jobId: "j", status: "streaming", content: "a" });
  expect(keys(reconcile([row("s1", now, { jobId: "j", content: "a" })], [byJob], now))).toEqual([
    "mine",
  ]);
  expect(keys(reconcile([row("s1", now, { content: "a" })], [byJob], now))).toEqual(["mine"]);
});

test("an answer under way is not overwritten by the history", () => {
  const live = of({
    clientId: "a",
    serverId: "s",
    role: "assistant",
    status: "streaming",
    content: "so far",
  });
  expect(reconcile([row("s", now, { role: "assistant" })], [live], now)[0]?.content).toBe("so far");
});

test.each([
  { age: rowBufferMs - 1, kept: 1 },
  { age: rowBufferMs + 1, kept: 0 },
])("a committed message without a row is kept for 30 s ($age ms)", ({ age, kept }) => {
  const local = of({ clientId: "mine", status: "committed", committedAt: now - age });
  expect(reconcile([], [local], now)).toHaveLength(kept);
});

test("failures and messages under way stay, the latter last", () => {
  const failed = of({ clientId: "failed", status: "failed", createdAt: now - 100 });
  const pending = of({ clientId: "pending", status: "pending", createdAt: now - 1000 });
  expect(keys(reconcile([row("s", now - 50)], [pending, failed], now))).toEqual([
    "failed",
    "s",
    "pending",
  ]);
});

test("a turn of one moment shows the question first", () => {
  const rows = [row("a", now, { role: "assistant" }), row("q", now)];
  expect(keys(reconcile(rows, [], now))).toEqual(["q", "a"]);
});

const any = fc.record({
  clientId: fc.uuid(),
  serverId: fc.option(fc.constantFrom("s1", "s2", "s3"), { nil: null }),
  jobId: fc.option(fc.constantFrom("j1", "j2"), { nil: null }),
  role: fc.constantFrom("user" as const, "assistant" as const),
  status: fc.constantFrom(
    "pending" as const,
    "streaming" as const,
    "committed" as const,
    "failed" as const,
  ),
  content: fc.constantFrom("a", "b"),
  createdAt: fc.integer({ min: now - 1000, max: now }),
  committedAt: fc.option(fc.integer({ min: now - 60_000, max: now }), { nil: null }),
});

test("every row is shown once, no key twice, nothing under way is lost", () =>
  fc.assert(
    fc.property(fc.array(any, { maxLength: 6 }), fc.subarray(["s1", "s2", "s3"]), (parts, ids) => {
      const seen = new Set<string | null>();
      const local = parts.map(of).filter((one) => {
        const isNew = one.serverId === null || !seen.has(one.serverId);
        seen.add(one.serverId);
        return isNew;
      });
      const rows = ids.map((id, i) => row(id, now - 500 + i));
      const shown = reconcile(rows, local, now);
      expect(new Set(keys(shown)).size).toBe(shown.length);
      expect(shown.filter((one) => ids.includes(String(one.serverId)))).toHaveLength(ids.length);
      for (const one of local.filter(({ status }) => status === "pending"))
        expect(keys(shown)).toContain(one.clientId);
    }),
  ));
