import { expect, test } from "bun:test";
import { createLog } from "../../shared/log.ts";
import { signIn } from "../../shared/limits.ts";
import { Registry } from "../../shared/prom.ts";
import { agentFamily, createAudit, networkOf } from "./audit.ts";

function openTestAudit() {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const clock = { wallMs: () => now, monotonicMs: () => now };
  const log = createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  const audit = createAudit({ log, registry: new Registry(), clock });
  return { audit, lines, pass: (ms: number) => (now += ms) };
}

test("an event says what happened, how it went, and nothing about whom", () => {
  const { audit, lines } = openTestAudit();
  audit.note({ action: "sign-in", provider: "kakao", reason: "no code" }, false);
  expect(lines[0]).toMatchObject({
    message: "auth event",
    "event.kind": "event",
    "event.category": "authentication",
    "event.action": "sign-in",
    "event.outcome": "failure",
    "event.reason": "no code",
    provider: "kakao",
  });
  expect(Object.keys(lines[0] ?? {}).join()).not.toMatch(/user|ip|jti|session|token/);
});

test("a million refusals are a line a minute, and none is lost", () => {
  const { audit, lines, pass } = openTestAudit();
  for (let n = 0; n < 1000; n++) {
    audit.refused(n % 4 === 0 ? "TOKEN_REVOKED" : "UNAUTHORIZED");
    pass(signIn.refusalsEveryMs / 100);
  }
  audit.close();
  expect(lines.length).toBeLessThanOrEqual(11);
  const total = lines.flatMap(({ counts }) => Object.values(counts as Record<string, number>));
  expect(total.reduce((a, b) => a + b, 0)).toBe(1000);
  expect(lines[0]).toMatchObject({
    "event.action": "request-refused",
    message: "requests refused",
  });
});

test.each([
  ["203.0.113.77", "203.0.113.0/24"],
  ["::ffff:203.0.113.77", "203.0.113.0/24"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
])("%s is kept as %s", (address, network) => expect(networkOf(address)).toBe(network));

test.each([
  [
    "Mozilla/5.0 (Linux; Android 14; SM-S918N) AppleWebKit/537.36 Chrome/141.0.0.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
    "Safari on iPhone",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0",
    "Edg on Windows",
  ],
  ["curl/8.0 (kim@example.com)", "other"],
  [undefined, "other"],
])("%p is kept as a family", (agent, family) => expect(agentFamily(agent)).toBe(family));
