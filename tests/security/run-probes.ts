import { expect, test } from "bun:test";
import type { Answer } from "./raw-http.ts";
import { type Probe, startTarget } from "./target.ts";

/** Name, status, code (undefined: no error, or no body), request. */
export type Row = readonly [name: string, status: number, code: string | undefined, probe: Probe];

/** Every answer: strict headers, nothing of the inside; every refusal: the one shape. */
function expectSober(answer: Answer, code: string | undefined): void {
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d+|at \w+ \(|WRONGTYPE|postgres|ioredis/i);
  if (answer.status === 0 || answer.headers.get("x-request-id") === null) return; // the server's own
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(answer.headers.get("x-request-id")).toMatch(/^[\w.-]{1,64}$/);
  if (code === undefined) return;
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  expect(body).toMatchObject({ code, detail: expect.any(String) });
  expect(body["request_id"]).toBe(answer.headers.get("x-request-id"));
}

let sent = 0;

/** One test for each row; says how many there were so far. */
export function runProbes(
  target: Awaited<ReturnType<typeof startTarget>>,
  rows: readonly Row[],
): void {
  sent += rows.length;
  console.log(`${sent} probes so far`);
  test.each(rows as Row[])("%s: %i %s", async (_name, status, code, probe) => {
    const answer = await target.send(probe);
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([status, expect.any(String)]);
    expectSober(answer, code);
  });
}
