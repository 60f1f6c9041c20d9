import { expect, test } from "bun:test";
import { auditDependencies } from "./audit.ts";

/** A registry that answers every question the same way. */
async function askedOf(answer: () => Response) {
  const registry = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  try {
    return await auditDependencies({ ...process.env, NPM_CONFIG_REGISTRY: registry.url.origin });
  } finally {
    await registry.stop(true);
  }
}

test("a registry that knows nothing bad is clean", async () => {
  expect(await askedOf(() => Response.json({}))).toEqual({ word: "clean" });
});

test("an advisory is named", async () => {
  const advisory = {
    id: 1,
    url: "https://example.com/GHSA-1",
    title: "reads too much",
    severity: "high",
    vulnerable_versions: "<99.0.0",
  };
  expect(await askedOf(() => Response.json({ hono: [advisory] }))).toEqual({
    word: "found",
    lines: ["hono: high: reads too much https://example.com/GHSA-1"],
  });
});

test("a registry that cannot say is unknown, and why", async () => {
  const refused = await askedOf(() => new Response(null, { status: 405 }));
  expect(refused).toMatchObject({ word: "unknown", reason: expect.stringContaining("405") });
  const away = await auditDependencies({
    ...process.env,
    NPM_CONFIG_REGISTRY: "http://127.0.0.1:9",
  });
  expect(away).toMatchObject({ word: "unknown", reason: expect.stringContaining("Refused") });
});
