import { afterAll, expect, test } from "bun:test";
import { describeWith } from "../../shared/testing/services.ts";
import { type Row, runProbes } from "./run-probes.ts";
import { base, nobody, owner, type Probe, startTarget, stranger } from "./target.ts";

describeWith("redis", "postgres")("what of another user an attacker reaches", async () => {
  const target = await startTarget();
  afterAll(() => target.stop());
  const { chat, running, ended } = target;
  const get = (path: string, more: Partial<Probe> = {}): Probe => ({ path, ...more });

  const foreign = { user: stranger };
  const post = (path: string, body: string, more: Partial<Probe> = {}): Probe => ({
    method: "POST",
    path,
    body,
    ...more,
  });
  const answerOf = '{"type":"confirmation","data":{"confirmed":true}}';
  const theirs: readonly (readonly [string, (id: string) => Probe, string])[] = [
    ["chat", (id) => get(`${base}/${id}`, foreign), "CHAT_NOT_FOUND"],
    [
      "title",
      (id) => ({ method: "PATCH", path: `${base}/${id}`, body: '{"title":"a"}', ...foreign }),
      "CHAT_NOT_FOUND",
    ],
    [
      "deletion",
      (id) => ({ method: "DELETE", path: `${base}/${id}`, ...foreign }),
      "CHAT_NOT_FOUND",
    ],
    [
      "messages",
      (id) => post(`${base}/${id}/messages`, '{"message":"a"}', foreign),
      "CHAT_NOT_FOUND",
    ],
    [
      "interruption",
      (id) =>
        post(`${base}/${id}/messages`, '{"message":"a","double_texting":"interrupt"}', foreign),
      "CHAT_NOT_FOUND",
    ],
  ];
  const theirJobs: readonly (readonly [string, (id: string) => Probe])[] = [
    ["events", (id) => get(`${base}/${id}/events`, foreign)],
    [
      "cursor",
      (id) => get(`${base}/${id}/events`, { ...foreign, headers: ["Last-Event-ID: 0-1"] }),
    ],
    ["status", (id) => get(`${base}/${id}/status`, foreign)],
    ["run", (id) => get(`${base}/${id}/run`, foreign)],
    ["cancel", (id) => post(`${base}/${id}/cancel`, "{}", foreign)],
    ["input", (id) => post(`${base}/${id}/input`, answerOf, foreign)],
  ];
  runProbes(target, [
    ...theirs.map(([what, probe, code]): Row => [`another user's ${what}`, 404, code, probe(chat)]),
    ...theirJobs.flatMap(([what, probe]): Row[] => [
      [`another user's ${what}`, 404, "JOB_NOT_FOUND", probe(running)],
      [`another user's ${what} of an ended job`, 404, "JOB_NOT_FOUND", probe(ended)],
    ]),
    [
      "X-User-ID from outside",
      404,
      "CHAT_NOT_FOUND",
      get(`${base}/${chat}`, {
        ...foreign,
        headers: [`X-User-ID: ${owner}`, `x-user-id: ${owner}`],
      }),
    ],
    [
      "X-Forwarded-User",
      404,
      "CHAT_NOT_FOUND",
      get(`${base}/${chat}`, {
        ...foreign,
        headers: [`X-Forwarded-User: ${owner}`, "X-Auth-Provider: admin"],
      }),
    ],
    [
      "a method override",
      200,
      undefined,
      get(`${base}/${chat}`, { headers: ["X-HTTP-Method-Override: DELETE"] }),
    ],
  ]);

  test("unknown and foreign look the same, to the byte", async () => {
    const pairs = [
      ...theirs.map(([, probe]) => [probe(chat), probe(nobody)] as const),
      ...theirJobs.map(([, probe]) => [probe(running), probe(nobody)] as const),
    ];
    for (const [foreignOne, unknownOne] of pairs) {
      const headers = ["X-Request-Id: same", ...(foreignOne.headers ?? [])];
      const [a, b] = await Promise.all([
        target.send({ ...foreignOne, headers }),
        target.send({ ...unknownOne, headers }),
      ]);
      expect(a.text).toBe(b.text);
      expect(a.status).toBe(b.status);
    }
  });

  runProbes(target, [
    ["a trailing slash", 404, "NOT_FOUND", get(`${base}/`)],
    ["a double slash", 404, "NOT_FOUND", get(`/api/v1//chat`)],
    ["a leading double slash", 404, "NOT_FOUND", get(`/${base}`)],
    ["a slash at the end of a stream", 404, "NOT_FOUND", get(`${base}/${running}/events/`)],
    ["two slashes in a stream", 404, "NOT_FOUND", get(`${base}/${running}//events`)],
    ["an encoded slash", 422, "VALIDATION_ERROR", get(`${base}/${chat}%2fmessages`)],
    ["an encoded way up", 422, "VALIDATION_ERROR", get(`${base}/..%2f..%2fhealth`)],
    ["a way up", 404, "NOT_FOUND", get(`${base}/../../../../etc/passwd`)],
    ["an encoded dot", 404, "NOT_FOUND", get(`${base}/%2e%2e/%2e%2e/metrics`)],
    ["a double-encoded way up", 422, "VALIDATION_ERROR", get(`${base}/%252e%252e%252f`)],
    ["a backslash", 404, "NOT_FOUND", get(`/api/v1\\..\\metrics`)],
    ["an encoded NUL", 422, "VALIDATION_ERROR", get(`${base}/${chat}%00`)],
    ["half a UTF-8", 422, "VALIDATION_ERROR", get(`${base}/%c3%28`)],
    ["a bad escape", 422, "VALIDATION_ERROR", get(`${base}/%zz`)],
    ["an encoded CRLF", 422, "VALIDATION_ERROR", get(`${base}/a%0d%0aX-Evil:1`)],
    ["a semicolon", 422, "VALIDATION_ERROR", get(`${base}/${chat};admin=1`)],
    ["capitals", 404, "NOT_FOUND", get("/API/V1/CHAT")],
    ["another version", 404, "NOT_FOUND", get("/api/v2/chat")],
    ["metrics", 404, "NOT_FOUND", get("/metrics")],
    ["readiness", 404, "NOT_FOUND", get("/ready")],
    ["a prototype", 422, "VALIDATION_ERROR", get(`${base}/__proto__`)],
    ["a constructor", 422, "VALIDATION_ERROR", get(`${base}/constructor`)],
    ["an id of 4 kB", 422, "VALIDATION_ERROR", get(`${base}/${"a".repeat(4000)}`)],
    ["an SQL id", 422, "VALIDATION_ERROR", get(`${base}/1'%20or%20'1'='1`)],
    ["a UUID in capitals is the same one", 200, undefined, get(`${base}/${chat.toUpperCase()}`)],
    ["a UUID with braces", 422, "VALIDATION_ERROR", get(`${base}/%7b${chat}%7d`)],
    ["a stream that is no job", 400, "INVALID_JOB_ID", get(`${base}/x/events`)],
    ["another service's stream", 404, "JOB_NOT_FOUND", get(`/api/v1/scan/${running}/events`)],
    ["a service we are not", 400, "UNSUPPORTED_SERVICE", get(`/api/v1/other/${running}/events`)],
    ["HEAD on a stream", 405, undefined, { method: "HEAD", path: `${base}/${running}/events` }],
    ["POST on a stream", 405, "METHOD_NOT_ALLOWED", post(`${base}/${running}/events`, "{}")],
    ["PUT", 405, "METHOD_NOT_ALLOWED", { method: "PUT", path: base, body: "{}" }],
    ["TRACE", 405, "METHOD_NOT_ALLOWED", { method: "TRACE", path: base }],
    ["an absolute target", 404, "NOT_FOUND", get(`http://evil.example/metrics`)],
  ]);
});
