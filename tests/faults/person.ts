import { expect } from "bun:test";
import { Client } from "../client.ts";
import type { Rig } from "./rig.ts";
import type { StreamCheck } from "./verify.ts";

/** A client that asks one gateway after the other. */
export function roaming(rig: Pick<Rig, "baseUrls" | "jwt">): Client {
  let turn = 0;
  const target = {
    ...rig.jwt,
    get base_url() {
      return rig.baseUrls[turn++ % rig.baseUrls.length] ?? "";
    },
  };
  return new Client(target);
}

/** Reads on where it stands, to the end of the connection or until `at` many frames came. */
export async function follow(
  client: Client,
  check: StreamCheck,
  at = Number.POSITIVE_INFINITY,
): Promise<void> {
  await client.read(check.job, {
    lastId: check.lastId,
    onFrame: (frame) => check.frame(frame),
    until: (_, count) => count >= at,
  });
}

const patienceMs = 90_000;

/** Follows a job to its end, without a flaw; returns how it ended. */
export async function ending(client: Client, check: StreamCheck): Promise<string> {
  const startedAt = performance.now();
  while (!check.done && performance.now() - startedAt < patienceMs) await follow(client, check);
  expect(check.violations).toEqual([]);
  if (!check.done) throw new Error(`job ${check.job} has no ending after ${patienceMs} ms`);
  return String(check.done.data["status"]);
}

/** What a call that must fail says. */
export function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "it went well",
    (error: unknown) => (error instanceof Error ? error.message : ""),
  );
}
