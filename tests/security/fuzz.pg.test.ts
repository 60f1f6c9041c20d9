import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { logStart, parseHint } from "../../gateway/sse/entry.ts";
import { frame } from "../../gateway/sse/frame.ts";
import { parseStream } from "../../gateway/testing/sse-client.ts";
import { describeWith } from "../../shared/testing/services.ts";
import { base, startTarget } from "./target.ts";

const runs = { numRuns: 150 };
/** Text with everything that could end a line or a field somewhere. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\n",
        "\r",
        "\r\n",
        "\u2028",
        "\u2029",
        "\u0085",
        "data: x",
        "\n\nid: 9-9",
        ":",
        "\\n",
        "😀",
      ),
      fc.string({ unit: "grapheme" }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join("").replaceAll("\0", ""));

test("an event comes out of the stream as it went in, whatever its text", () =>
  fc.assert(
    fc.property(nasty, fc.nat(9), (content, n) => {
      const data = JSON.stringify({ content });
      const id = `1-${n + 1}`;
      const text = frame({ ...logStart, id, event: "token", data });
      expect(parseStream(text)).toEqual([{ id, event: "token", data }]);
      expect(text.split("\n").filter((line) => line !== "")).toHaveLength(3);
      const [hinted, ...others] = parseHint(`${id} token ${data}`);
      expect(others).toEqual([]);
      expect(hinted).toMatchObject({ id, event: "token", data });
    }),
    { numRuns: 500 },
  ));

describeWith("redis", "postgres")("nobody gets a 5xx by what they send", async () => {
  const target = await startTarget();
  afterAll(() => target.stop());
  const messages = `${base}/${target.chat}/messages`;

  const expectRefused = async (body: string | Uint8Array, path = messages) => {
    const answer = await target.send({ method: "POST", path, body });
    expect([200, 400, 409, 413, 415, 422]).toContain(answer.status);
    if (answer.status !== 200) {
      expect(JSON.parse(answer.text)).toMatchObject({ code: expect.any(String) });
    }
  };

  test("any JSON as a message", () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
        await expectRefused(JSON.stringify(value));
      }),
      runs,
    ));

  test("a message with one field gone wrong", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          "message",
          "image_url",
          "user_location",
          "model",
          "interactive",
          "double_texting",
        ),
        fc.jsonValue({ maxDepth: 2 }),
        async (field, value) => {
          await expectRefused(JSON.stringify({ message: "a", [field]: value }));
        },
      ),
      runs,
    ));

  test("any bytes", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) =>
        expectRefused(bytes),
      ),
      runs,
    ));

  test("a good body with one byte changed", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(200), fc.nat(255), async (at, byte) => {
        const body = new TextEncoder().encode('{"message":"라벨 떼기","user_location":null}');
        body[at % body.length] = byte;
        await expectRefused(body);
      }),
      runs,
    ));

  test("any input to a job", () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        const body = JSON.stringify({ type: "selection", data: value });
        await expectRefused(body, `${base}/${target.running}/input`);
      }),
      runs,
    ));

  test("any cursor, in header or query, opens the stream", () =>
    fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), fc.boolean(), async (cursor, isHeader) => {
        const clean = cursor.replace(/[^\x20-\x7e]/g, "");
        const path = `${base}/${target.running}/events`;
        const answer = await target.send(
          isHeader
            ? { path, headers: [`Last-Event-ID: ${clean}`] }
            : { path: `${path}?last_event_id=${encodeURIComponent(cursor)}` },
        );
        expect(answer.status).toBe(200);
        expect(answer.text).toContain("event: queued");
      }),
      { numRuns: 60 },
    ));

  test("any page cursor and limit", () =>
    fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (cursor, limit) => {
        const query = `cursor=${encodeURIComponent(cursor)}&limit=${encodeURIComponent(limit)}`;
        for (const path of [base, `${base}/${target.chat}`]) {
          const { status } = await target.send({ path: `${path}?${query}` });
          expect([200, 422]).toContain(status);
        }
      }),
      runs,
    ));
});
