import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { routesOf } from "../../gateway/http/routes.ts";
import { readCursor } from "../../gateway/sse/cursor.ts";
import { parseHint } from "../../gateway/sse/entry.ts";
import { parseStream } from "../../gateway/testing/sse-client.ts";
import { formatEventId } from "../../shared/contract/ids.ts";
import { bound } from "../../shared/testing/bound.ts";
import { describeWith } from "../../shared/testing/services.ts";
import { base, startTarget } from "./target.ts";

// JSON and SSE at their edges, on every route of the table that takes a body, so that a new one is in it by being there.

const encode = (text: string) => new TextEncoder().encode(text);
const nest = (depth: number, kind: "[" | "{"): string =>
  kind === "["
    ? `${"[".repeat(depth)}${"]".repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

const names = fc.constantFrom(
  "message",
  "title",
  "type",
  "data",
  "image_url",
  "model",
  "user_location",
  "zz",
);
const keys = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "length",
);
const number = fc.oneof(
  fc.constantFrom(
    "1e400",
    "-1e400",
    "1e-400",
    "-0",
    "9007199254740993",
    "0.1e1",
    "1E+2",
    "NaN",
    "Infinity",
    "0x10",
    "01",
    "1.",
    ".5",
  ),
  fc.bigInt().map(String),
  fc.tuple(fc.integer(), fc.integer({ min: -400, max: 400 })).map(([a, b]) => `${a}e${b}`),
);
/** Bytes no UTF-8 text has: lone continuations, overlong forms, surrogates, beyond the last code point, a cut character. */
const badBytes = fc.constantFrom(
  [0x80],
  [0xc0, 0xaf],
  [0xe0, 0x80, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xea, 0xb0],
  [0xff],
  [0xfe, 0xff],
);

describeWith("redis", "postgres")("edges of JSON and SSE", async () => {
  const target = await startTarget();
  afterAll(() => target.stop());

  const written = routesOf("all")
    .filter(
      ({ doc, isOpen }) =>
        doc.body && !isOpen && (doc.bodyType ?? "application/json") === "application/json",
    )
    .map(({ method, path }) => ({
      method,
      path: path
        .replace(":chat_id", target.chat)
        .replace(":job_id", target.running)
        .replace(/:\w+/g, crypto.randomUUID()),
    }));
  const route = fc.constantFrom(...written);
  type Written = (typeof written)[number];

  const expectNo500 = async ({ method, path }: Written, body: string | Uint8Array) => {
    const { status, text } = await target.send({ method, path, body });
    expect([path, status, text.slice(0, 200)]).toEqual([
      path,
      expect.any(Number),
      expect.any(String),
    ]);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).not.toBe(500);
    return status;
  };

  test("there are routes with bodies", () => expect(written.length).toBeGreaterThan(3));

  test("10,000 levels, anywhere in any body", async () => {
    const before = performance.now();
    for (const one of written) {
      for (const kind of ["[", "{"] as const) {
        await expectNo500(one, nest(10_000, kind));
        await expectNo500(
          one,
          `{"message":"a","title":"a","type":"cancel","data":${nest(10_000, kind)}}`,
        );
        await expectNo500(one, nest(10_000, kind).slice(0, -1));
      }
    }
    expect((performance.now() - before) / (written.length * 6)).toBeLessThan(bound(1000));
    expect((await target.send({ path: "/health", user: null })).status).toBe(200);
  }, 60_000);

  test("any depth under any field", () =>
    fc.assert(
      fc.asyncProperty(
        route,
        names,
        fc.nat(3000),
        fc.constantFrom("[" as const, "{" as const),
        async (one, name, depth, kind) => {
          await expectNo500(one, `{"message":"a","${name}":${nest(depth, kind)}}`);
        },
      ),
      { numRuns: 60 },
    ));

  test("keys of prototypes change no prototype", async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    await fc.assert(
      fc.asyncProperty(
        route,
        fc.array(keys, { minLength: 1, maxLength: 4 }),
        fc.jsonValue({ maxDepth: 2 }),
        async (one, path, value) => {
          const inner = path.reduceRight(
            (json, key) => `{"${key}":${json}}`,
            JSON.stringify(value),
          );
          await expectNo500(one, inner);
          await expectNo500(one, `{"message":"a","title":"a",${inner.slice(1)}`);
        },
      ),
      { numRuns: 100 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  test("numbers of every size where a number, a text or nothing is expected", () =>
    fc.assert(
      fc.asyncProperty(route, names, number, number, async (one, name, a, b) => {
        await expectNo500(one, `{"message":"a","${name}":${a}}`);
        await expectNo500(
          one,
          `{"message":"a","user_location":{"latitude":${a},"longitude":${b}}}`,
        );
        await expectNo500(one, `{"type":"location","data":{"latitude":${a},"longitude":${b}}}`);
      }),
      { numRuns: 100 },
    ));

  test("bytes that are no UTF-8 are 422 wherever they stand in a text", () =>
    fc.assert(
      fc.asyncProperty(
        route,
        names,
        badBytes,
        fc.string({ unit: "grapheme", maxLength: 8 }),
        async (one, name, bytes, text) => {
          const [head, tail] = [JSON.stringify(text).slice(1, -1), '"}'];
          const body = Buffer.concat([
            encode(`{"${name}":"${head}`),
            Uint8Array.from(bytes),
            encode(tail),
          ]);
          const status = await expectNo500(one, body);
          // another route may say first that there is no such thing, or too many of them
          if (one.path.startsWith(base)) expect(status).toBe(422);
          expect(status).toBeGreaterThanOrEqual(400);
        },
      ),
      { numRuns: 100 },
    ));

  const events = `${base}/${target.running}/events`;
  const garbage = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.tuple(fc.bigInt(), fc.bigInt()).map(([a, b]) => `${a}-${b}`),
    fc.constantFrom(
      "0-0",
      "00-1",
      "0-01",
      "+0-1",
      "0-1 ",
      "0 -1",
      "٠-١",
      "０-１",
      "0-1-1",
      "0–1",
      "1e3-1",
      "0x0-1",
      "$",
      ">",
      "*",
      "-",
      "+",
      "(0-1",
      "9".repeat(400),
    ),
    fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => `${a}-${b}`),
  );

  test(
    "a cursor is an id of ours or not one; what follows is exact either way",
    () =>
      fc.assert(
        fc.asyncProperty(garbage, fc.boolean(), async (cursor, isHeader) => {
          // what HTTP lets through in a header: no line ends, no controls; spaces at the ends are cut off
          const sent = isHeader ? cursor.replace(/[^\x20-\x7e\u00a1-\uffff]/g, "").trim() : cursor;
          const answer = await target.send(
            isHeader
              ? { path: events, headers: [`Last-Event-ID: ${sent}`] }
              : { path: `${events}?last_event_id=${encodeURIComponent(sent.toWellFormed())}` },
          );
          expect(answer.status).toBe(200);
          const read = readCursor(isHeader ? sent : undefined, isHeader ? undefined : sent);
          // the log holds one event, `queued`, with the id 0-1
          if (read.word === "at" && formatEventId(read.id) === "0-1") {
            expect(answer.text).not.toContain("event: queued");
            return;
          }
          const [first, second] = parseStream(
            `${answer.text.slice(0, answer.text.lastIndexOf("\n\n"))}\n\n`,
          );
          if (read.word === "fresh") expect(first?.event).toBe("queued");
          else {
            expect(JSON.parse(first?.data ?? "{}")).toMatchObject({
              stage: "token_recovery",
              reset: true,
            });
            if (second) expect(second.event).toBe("queued");
          }
        }),
        { numRuns: 120 },
      ),
    60_000,
  );

  test("hints of any text are read without an error, and never as more than they say", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(parseHint(text).length).toBeLessThanOrEqual(text.split("\n").length);
      }),
      { numRuns: 2000 },
    ));
});
