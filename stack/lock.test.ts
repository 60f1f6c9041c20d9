import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHome } from "./home.ts";
import { tryLock } from "./lock.ts";

test("a lock is held by one and ends with its holder, also after kill -9", async () => {
  const folder = mkdtempSync(join(tmpdir(), "eco2-lock-"));
  const home = openHome(folder);
  const code = `
    const { openHome } = await import("${join(import.meta.dir, "home.ts")}");
    const { tryLock } = await import("${join(import.meta.dir, "lock.ts")}");
    globalThis.lock = tryLock(openHome("${folder}"));
    console.log(lock ? "held" : "busy");
    setInterval(() => {}, 1000);`;
  const holder = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe" });
  for await (const chunk of holder.stdout) {
    expect(new TextDecoder().decode(chunk).trim()).toBe("held");
    break;
  }
  expect(tryLock(home)).toBeUndefined();
  holder.kill("SIGKILL");
  await holder.exited;
  const lock = tryLock(home);
  expect(lock).toBeDefined();
  lock?.release();
  rmSync(folder, { recursive: true });
});
