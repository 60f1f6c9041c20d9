import { afterAll } from "bun:test";
import { describeWith } from "../../shared/testing/services.ts";
import { input } from "../../shared/limits.ts";
import { type Row, runProbes } from "./run-probes.ts";
import { base, nobody, type Probe, startTarget, stranger } from "./target.ts";

describeWith("redis", "postgres")("what an attacker sends", async () => {
  const target = await startTarget();
  afterAll(() => target.stop());
  const { chat } = target;
  const messages = `${base}/${chat}/messages`;
  const say = (body: string, ...headers: string[]): Probe => ({
    method: "POST",
    path: messages,
    body,
    headers,
  });

  const deep = (open: string, close: string, depth: number) =>
    open.repeat(depth) + close.repeat(depth);
  runProbes(target, [
    ["10,000 lists", 422, "VALIDATION_ERROR", say(deep("[", "]", 10_000))],
    [
      "10,000 objects",
      422,
      "VALIDATION_ERROR",
      say(`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`),
    ],
    [
      "10,000 deep beside a message",
      200,
      undefined,
      say(`{"message":"a","x":${deep("[", "]", 10_000)}}`),
    ],
    ["a list", 422, "VALIDATION_ERROR", say("[]")],
    ["null", 422, "VALIDATION_ERROR", say("null")],
    ["a text", 422, "VALIDATION_ERROR", say('"a"')],
    ["a message that is an object", 422, "VALIDATION_ERROR", say('{"message":{"toString":1}}')],
    ["a message that is a list", 422, "VALIDATION_ERROR", say('{"message":["a"]}')],
    ["a prototype", 200, undefined, say('{"message":"a","__proto__":{"isAdmin":true}}')],
    [
      "a constructor",
      200,
      undefined,
      say('{"message":"a","constructor":{"prototype":{"isAdmin":true}}}'),
    ],
    [
      "a message only in the prototype",
      422,
      "VALIDATION_ERROR",
      say('{"__proto__":{"message":"a"}}'),
    ],
    [
      "a job id of one's own",
      200,
      undefined,
      say(`{"message":"a","job_id":"${nobody}","user_id":"${stranger}"}`),
    ],
    [
      "a big number",
      422,
      "VALIDATION_ERROR",
      say(`{"message":"a","user_location":{"latitude":1e999,"longitude":1}}`),
    ],
    ["a number of 100 kB", 422, "VALIDATION_ERROR", say(`{"message":${"9".repeat(100_000)}}`)],
    [
      "latitude in words",
      422,
      "VALIDATION_ERROR",
      say('{"message":"a","user_location":{"latitude":"1","longitude":1}}'),
    ],
    ["a NUL", 422, "VALIDATION_ERROR", say('{"message":"a\\u0000b"}')],
    ["half a pair", 422, "VALIDATION_ERROR", say('{"message":"\\ud800"}')],
    ["a dirty key", 422, "VALIDATION_ERROR", say('{"message":"a","\\u0000":1}')],
    [
      "bad UTF-8",
      422,
      "VALIDATION_ERROR",
      { method: "POST", path: messages, body: new Uint8Array([0x7b, 0xff, 0x7d]) },
    ],
    ["a BOM", 200, undefined, say('\uFEFF{"message":"a"}')],
    ["half a JSON", 400, "BAD_JSON", say('{"message":"a"')],
    ["two JSONs", 400, "BAD_JSON", say('{"message":"a"}{"message":"b"}')],
    ["a comment", 400, "BAD_JSON", say('{"message":"a"/**/}')],
    ["NaN", 400, "BAD_JSON", say('{"message":NaN}')],
    [
      "nothing",
      400,
      "BAD_JSON",
      {
        method: "POST",
        path: messages,
        headers: ["Content-Type: application/json", "Content-Length: 0"],
      },
    ],
    [
      "a form",
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      say("message=a", "Content-Type: application/x-www-form-urlencoded"),
    ],
    [
      "plain text",
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      say('{"message":"a"}', "Content-Type: text/plain"),
    ],
    [
      "another charset",
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      say('{"message":"a"}', "Content-Type: application/json; charset=utf-16"),
    ],
    [
      "XML",
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      say("<message>a</message>", "Content-Type: application/xml"),
    ],
    [
      "a body above the limit",
      413,
      "PAYLOAD_TOO_LARGE",
      say(`{"message":"a","x":"${"a".repeat(input.bodyBytes)}"}`),
    ],
    ["a length that is a lie", 413, "PAYLOAD_TOO_LARGE", say("{}", "Content-Length: 99999999999")],
    [
      "a message above the limit",
      422,
      "VALIDATION_ERROR",
      say(JSON.stringify({ message: "가".repeat(10_001) })),
    ],
    ["blanks", 400, "MESSAGE_REQUIRED", say('{"message":" \\n\\t\\u3000 "}')],
  ]);

  const picture = (url: string): Probe => say(JSON.stringify({ message: "a", image_url: url }));
  runProbes(
    target,
    [
      "file:///etc/passwd",
      "gopher://127.0.0.1:6379/_FLUSHALL",
      "javascript:alert(1)",
      "data:image/png;base64,AA",
      "//evil.example/a.png",
      "http://127.0.0.1/a",
      "http://127.1/a",
      "http://0x7f000001/a",
      "http://2130706433/a",
      "http://017700000001/a",
      "http://0/a",
      "http://[::1]/a",
      "http://[::ffff:127.0.0.1]/a",
      "http://[::ffff:7f00:1]/a",
      "http://[fd00::1]/a",
      "http://[fe80::1]/a",
      "http://[64:ff9b::7f00:1]/a",
      "http://169.254.169.254/latest/meta-data",
      "http://10.0.0.1/a",
      "http://192.168.0.1/a",
      "http://172.16.0.1/a",
      "http://100.64.0.1/a",
      "http://localhost/a",
      "http://LOCALHOST./a",
      "http://redis.internal/a",
      "http://user:pass@example.com/a",
      "http://example.com@127.0.0.1/a",
      "http://example.com:22/a",
      "http://①②⑦.⓪.⓪.①/a",
      "http://127.0.0.1%2f@example.com/",
      "http://",
      `http://example.com/${"a".repeat(2100)}`,
    ].map((url): Row => [`the picture ${url.slice(0, 60)}`, 422, "VALIDATION_ERROR", picture(url)]),
  );
});
