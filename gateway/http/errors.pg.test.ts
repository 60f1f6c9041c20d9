import { afterAll, expect, test } from "bun:test";
import { newJobId } from "../../shared/contract/ids.ts";
import { keys } from "../../shared/keys.ts";
import { input } from "../../shared/limits.ts";
import { describeWith, startRedis, testDatabase } from "../../shared/testing/services.ts";
import { openTestApp, testToken } from "../testing/test-app.ts";
import { TestJob, testUser as user } from "../testing/test-job.ts";

const base = "/api/v1/chat";
const nobody = "00000000-0000-4000-8000-000000000000";
const stranger = "11111111-1111-4111-8111-111111111111";

describeWith("redis", "postgres")("bad requests", async () => {
  const [redis, database] = await Promise.all([startRedis(), testDatabase()]);
  const use = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
  afterAll(async () => {
    await use.close();
    await Promise.all([redis.stop(), database.drop()]);
  });
  const made = await use.send("POST", base, { user });
  const chat = `${base}/${((await made.json()) as { id: string }).id}`;
  const job = new TestJob(use.deps.redis);
  await job.accept();
  const events = `${base}/${job.jobId}`;
  const ended = new TestJob(use.deps.redis);
  await ended.accept();
  await ended.take();
  await ended.end();
  const nameless = { user: undefined };
  const hello = { message: "안녕" };
  const stopInput = { type: "cancel", data: null };
  const farAway = { type: "location", data: { latitude: 91, longitude: 1 } };

  /** One shape, one request id, and nothing else. */
  const expectError = async (
    status: number,
    code: string,
    method: string,
    path: string,
    options: Parameters<typeof use.send>[2] = {},
  ) => {
    const headers = { "x-request-id": "row-1", ...options.headers };
    const response = await use.send(method, path, { ...options, headers });
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toBe("row-1");
    if (status === 405) expect(response.headers.get("allow") ?? "").toContain("GET");
    if (method === "HEAD") return;
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({ code, request_id: "row-1", detail: expect.any(String) });
    const isListed = code === "VALIDATION_ERROR";
    const names = ["code", "detail", ...(isListed ? ["errors"] : []), "request_id"];
    expect(Object.keys(body).sort()).toEqual(names);
  };

  /** Name, status, code, method, path, who. */
  type Row = [
    string,
    number,
    string,
    string,
    string,
    { user?: string | undefined; body?: object }?,
  ];
  const rows: Row[] = [
    ["no token", 401, "UNAUTHORIZED", "GET", base, nameless],
    [
      "a token in the URL",
      401,
      "UNAUTHORIZED",
      "GET",
      `${base}?token=${await testToken(user)}`,
      nameless,
    ],
    ["an unknown path", 404, "NOT_FOUND", "GET", "/api/v2/chat"],
    ["a wrong method", 405, "METHOD_NOT_ALLOWED", "PUT", base],
    ["a HEAD on a stream", 405, "METHOD_NOT_ALLOWED", "HEAD", `${events}/events`],
    ["a chat id that is none", 422, "VALIDATION_ERROR", "GET", `${base}/chat-1`],
    ["an unknown chat", 404, "CHAT_NOT_FOUND", "GET", `${base}/${nobody}`],
    ["a foreign chat", 404, "CHAT_NOT_FOUND", "GET", chat, { user: stranger }],
    [
      "renaming one",
      404,
      "CHAT_NOT_FOUND",
      "PATCH",
      chat,
      { user: stranger, body: { title: "a" } },
    ],
    ["deleting one", 404, "CHAT_NOT_FOUND", "DELETE", chat, { user: stranger }],
    [
      "writing to one",
      404,
      "CHAT_NOT_FOUND",
      "POST",
      `${chat}/messages`,
      { user: stranger, body: hello },
    ],
    [
      "an unknown one",
      404,
      "CHAT_NOT_FOUND",
      "POST",
      `${base}/${nobody}/messages`,
      { body: hello },
    ],
    ["a blank title", 422, "VALIDATION_ERROR", "PATCH", chat, { body: { title: "  " } }],
    ["a long title", 422, "VALIDATION_ERROR", "POST", base, { body: { title: "a".repeat(201) } }],
    ["a limit of 0", 422, "VALIDATION_ERROR", "GET", `${base}?limit=0`],
    ["a limit of 101", 422, "VALIDATION_ERROR", "GET", `${base}?limit=101`],
    ["a limit in words", 422, "VALIDATION_ERROR", "GET", `${chat}?limit=ten`],
    ["a cursor that is none", 422, "VALIDATION_ERROR", "GET", `${base}?cursor=abc`],
    ["a cursor of no day", 422, "VALIDATION_ERROR", "GET", `${chat}?before=2026-13-41T00:00:00Z`],
    ["a job id that is none", 400, "INVALID_JOB_ID", "GET", `${base}/job-1/events`],
    ["another service", 400, "UNSUPPORTED_SERVICE", "GET", `/api/v1/other/${job.jobId}/events`],
    ["an unknown job's events", 404, "JOB_NOT_FOUND", "GET", `${base}/${nobody}/events`],
    ["a foreign job's events", 404, "JOB_NOT_FOUND", "GET", `${events}/events`, { user: stranger }],
    ["its status", 404, "JOB_NOT_FOUND", "GET", `${events}/status`, { user: stranger }],
    ["its run", 404, "JOB_NOT_FOUND", "GET", `${events}/run`, { user: stranger }],
    ["a run that goes on", 404, "NOT_FOUND", "GET", `${events}/run`],
    [
      "input too late",
      409,
      "JOB_FINISHED",
      "POST",
      `${base}/${ended.jobId}/input`,
      { body: stopInput },
    ],
    ["cancelling it", 404, "JOB_NOT_FOUND", "POST", `${events}/cancel`, { user: stranger }],
    ["cancelling too late", 409, "JOB_FINISHED", "POST", `${base}/${ended.jobId}/cancel`],
    ["input too early", 409, "JOB_NOT_WAITING", "POST", `${events}/input`, { body: stopInput }],
    [
      "foreign input",
      404,
      "JOB_NOT_FOUND",
      "POST",
      `${events}/input`,
      { user: stranger, body: stopInput },
    ],
    ["wrong input", 422, "VALIDATION_ERROR", "POST", `${events}/input`, { body: farAway }],
  ];
  test.each(rows)("%s: %i %s", (...[, status, code, method, path, options]) =>
    expectError(status, code, method, path, { user, ...options }),
  );

  const json = "application/json";
  /** Name, status, code, body of a message, and its headers. */
  const bodies: [string, number, string, string | object, Record<string, string>?][] = [
    ["form data", 415, "UNSUPPORTED_MEDIA_TYPE", "message=a", { "content-type": "text/plain" }],
    ["euc-kr", 415, "UNSUPPORTED_MEDIA_TYPE", hello, { "content-type": `${json}; charset=euc-kr` }],
    ["half a JSON", 400, "BAD_JSON", '{"message":'],
    ["nothing", 400, "BAD_JSON", ""],
    ["a deep JSON", 422, "VALIDATION_ERROR", "[".repeat(50_000) + "]".repeat(50_000)],
    ["too much", 413, "PAYLOAD_TOO_LARGE", { ...hello, pad: "a".repeat(input.bodyBytes) }],
    ["NUL in a text", 422, "VALIDATION_ERROR", '{"message":"a\\u0000"}'],
    ["half a surrogate pair", 422, "VALIDATION_ERROR", '{"message":"a\\ud83d"}'],
    ["half a pair nobody reads", 422, "VALIDATION_ERROR", '{"message":"a","x":[{"y":"\\udc00"}]}'],
    ["no message", 422, "VALIDATION_ERROR", {}],
    ["a number", 422, "VALIDATION_ERROR", { message: 1 }],
    ["a blank message", 400, "MESSAGE_REQUIRED", { message: " \n " }],
    ["a long message", 422, "VALIDATION_ERROR", { message: "가".repeat(10_001) }],
    ["a picture on disk", 422, "VALIDATION_ERROR", { ...hello, image_url: "file:///etc/passwd" }],
    ["a picture at home", 422, "VALIDATION_ERROR", { ...hello, image_url: "http://127.0.0.1/a" }],
    ["a place off the globe", 422, "VALIDATION_ERROR", { ...hello, user_location: farAway.data }],
    ["another double_texting", 422, "VALIDATION_ERROR", { ...hello, double_texting: "merge" }],
    ["a long model name", 422, "VALIDATION_ERROR", { ...hello, model: "m".repeat(65) }],
    ["a long key", 422, "VALIDATION_ERROR", hello, { "idempotency-key": "k".repeat(129) }],
  ];
  test.each(bodies)("a message that is %s: %i %s", (...[, status, code, body, headers = {}]) =>
    expectError(status, code, "POST", `${chat}/messages`, { user, body, headers }),
  );

  test("a blank message comes before an unknown chat", () =>
    expectError(400, "MESSAGE_REQUIRED", "POST", `${base}/${nobody}/messages`, {
      user,
      body: { message: "" },
    }));

  test("a store that is away is 503 with Retry-After, a bug is 500; neither says more", async () => {
    const own = openTestApp({ redisUrl: redis.url, databaseUrl: database.url });
    const broken = newJobId();
    await own.deps.redis.set(keys.job(broken), "not a hash");
    const bug = await own.send("GET", `${base}/${broken}/status`, { user });
    expect(bug.status).toBe(500);
    expect(await bug.text()).not.toContain("WRONGTYPE");
    await own.deps.sql.end({ timeout: 1 });
    const away = await own.send("GET", base, { user });
    expect(away.status).toBe(503);
    expect(away.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await away.json()).toMatchObject({ code: "UNAVAILABLE" });
    await own.close();
  });
});
