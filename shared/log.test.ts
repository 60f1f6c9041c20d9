import { expect, test } from "bun:test";
import { AppError } from "./errors.ts";
import { createLog, type LogLevel } from "./log.ts";

function logged(
  say: (log: ReturnType<typeof createLog>) => void,
  level: LogLevel = "info",
): { raw: string; line: Record<string, unknown> } {
  const lines: string[] = [];
  say(createLog((line) => lines.push(line), level).with({ process: "worker", instance: "w-1" }));
  return { raw: lines.join("\n"), line: JSON.parse(lines[0] ?? "{}") as Record<string, unknown> };
}

test("fields carry the names of the Elastic Common Schema, ids those of the product", () => {
  const { line } = logged((log) => log.info("job done", { jobId: "j", traceId: "t", tokens: 3 }));
  expect(Object.keys(line)).toEqual([
    "@timestamp",
    "log.level",
    "message",
    "process.pid",
    "process.name",
    "service.node.name",
    "job_id",
    "trace.id",
    "tokens",
  ]);
  expect(line).toMatchObject({ "process.name": "worker", job_id: "j", "trace.id": "t", tokens: 3 });
});

test("an error says type, code, detail and cause", () => {
  const cause = new TypeError("no such thing");
  const error = new AppError("START_CHECK_FAILED", { detail: "apply the migration", cause });
  const { line } = logged((log) => log.error("start check failed", { error }));
  expect(line).toMatchObject({
    "error.type": "AppError",
    "error.code": "START_CHECK_FAILED",
    "error.detail": "apply the migration",
    "error.cause": { type: "TypeError", message: "no such thing" },
  });
});

test("what PostgreSQL quotes of a row stays out", () => {
  const error = Object.assign(new Error("duplicate key"), { code: "23505", detail: "(my text)" });
  expect(logged((log) => log.warn("refused", { error })).raw).not.toContain("my text");
});

test.each([
  ["a password in a URL", "cannot reach amqp://user:hunter2@host:5672/"],
  ["an empty user", "cannot reach redis://:hunter2@host"],
  ["a bearer token", "sent Authorization: Bearer hunter2.abc"],
  ["a key of a query", "GET https://api.example/x?serviceKey=hunter2&y=1"],
  ["a token of ours", "eyJhbGciOiJIUzI1NiJ9.hunter2.sig"],
  ["coordinates", "near 37.5665,126.9780hunter2".replace("hunter2", "")],
  ["named coordinates", "lat=37.5665&lon=126.978"],
])("%s in a text is blotted out", (_, text) => {
  const { raw } = logged((log) => log.warn(text.slice(0, 4), { reason: text, error: Error(text) }));
  for (const canary of ["hunter2", "37.5665", "126.97"]) expect(raw).not.toContain(canary);
});

test("fields that hold what a person wrote, or where they are, are blotted out at any depth", () => {
  const body = { job: { message: "canary", user_location: { latitude: 37.5 } }, token: "canary" };
  const { raw } = logged((log) => log.info("odd", { body, prompt: "canary", job: body.job }));
  expect(raw).not.toContain("canary");
  expect(raw).not.toContain("37.5");
});

test("control characters and direction marks are escaped", () => {
  const { raw } = logged((log) => log.info("x", { reason: "a\u001b[2J\n\u009b\u202e\u2028b" }));
  // oxlint-disable-next-line no-control-regex
  expect(raw).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  expect((JSON.parse(raw) as { reason: string }).reason).toBe("a\u001b[2J\n\u009b\u202e\u2028b");
});

test("a line never throws, and lines below the level are not written", () => {
  const circle: Record<string, unknown> = { big: 1n };
  circle["self"] = circle;
  expect(logged((log) => log.info("x", { circle })).raw).toContain('"big":"1"');
  expect(logged((log) => log.info("x"), "warn").raw).toBe("");
});
