// The gateway's app, and nothing behind it: only the gate is asked. Prints its port.
import { createApp } from "../../gateway/app.ts";
import type { Deps } from "../../gateway/deps.ts";
import { secretKey } from "../../gateway/gate/keyring.ts";
import { createVerify } from "../../gateway/gate/verify.ts";
import { createHttpMetrics } from "../../gateway/metrics.ts";
import { serve } from "../../gateway/serve.ts";
import { systemClock as clock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { Registry } from "../../shared/prom.ts";

const revoked = new Set<string>();
const revocations = {
  isFresh: () => true,
  isRevoked: (jti: string) => revoked.has(jti),
  ensure: () => Promise.resolve(),
};
const rules = {
  keys: [secretKey(process.env["JWT_SECRET"] ?? "", undefined)],
  issuer: "eco2",
  audience: "eco2-api",
};
const deps = {
  role: "api",
  verify: createVerify(rules, revocations, clock),
  metrics: createHttpMetrics(new Registry(), () => true),
  log: createLog(() => {}),
  clock,
  corsOrigins: ["https://eco2.example"],
  proxyHops: 1,
} satisfies Partial<Deps>;
const { port } = serve(createApp(deps as unknown as Deps), { port: 0, host: "127.0.0.1" });
console.log(port);
