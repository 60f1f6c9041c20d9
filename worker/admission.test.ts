import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { worker as limits } from "../shared/limits.ts";
import { createAdmission, memoryBudget } from "./admission.ts";

const mb = 1024 * 1024;

function rig(budgetMb: number) {
  let nowMs = 0;
  let used = 100 * mb;
  let asked = 0;
  const admission = createAdmission({
    budgetBytes: budgetMb * mb,
    rss: () => used,
    clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
    onFull: () => void asked++,
  });
  return {
    admission,
    asked: () => asked,
    pass: (ms: number) => void (nowMs += ms),
    use: (nowMb: number) => void (used = nowMb * mb),
  };
}

test("a burst takes what the memory can hold, before any of it shows", () => {
  const { admission } = rig(200);
  let running = 0;
  while (running < 1000 && admission.hasRoom(running)) {
    admission.begun();
    running++;
  }
  expect(running).toBe(Math.floor((100 * mb) / limits.jobBytes));
});

test("what began counts by what it really uses, once that shows", () => {
  const { admission, pass, use } = rig(200);
  for (let i = 0; i < 50; i++) admission.begun();
  expect(admission.fits()).toBe(Math.max(1, Math.floor((100 * mb) / limits.jobBytes) - 50));
  use(110);
  pass(limits.memoryShowsMs + 1);
  expect(admission.fits()).toBe(Math.floor((90 * mb) / limits.jobBytes));
});

test("over the budget nothing begins but a first job, and garbage is asked for now and then", () => {
  const { admission, asked, pass, use } = rig(200);
  use(250);
  expect(admission.hasRoom(0)).toBe(true);
  expect(admission.hasRoom(1)).toBe(false);
  expect(admission.hasRoom(1)).toBe(false);
  expect(asked()).toBe(1);
  pass(limits.memoryFreeMs);
  expect(admission.hasRoom(1)).toBe(false);
  expect(asked()).toBe(2);
  use(120);
  pass(limits.memoryLookMs);
  expect(admission.hasRoom(1)).toBe(true);
});

test("the budget is a share of the cgroup's limit, of its own group first", () => {
  const root = mkdtempSync(join(tmpdir(), "eco2-cgroup-"));
  try {
    const own = join(root, "own");
    const budget = () => memoryBudget(root, own);
    expect(budget()).toBe(limits.memoryBytes);
    mkdirSync(join(root, "memory"));
    writeFileSync(join(root, "memory/memory.limit_in_bytes"), "9223372036854771712\n");
    expect(budget()).toBe(limits.memoryBytes);
    writeFileSync(join(root, "memory/memory.limit_in_bytes"), `${300 * mb}\n`);
    expect(budget()).toBe(Math.floor(300 * mb * limits.memoryShare));
    writeFileSync(join(root, "memory.max"), "max\n");
    expect(budget()).toBe(Math.floor(300 * mb * limits.memoryShare));
    mkdirSync(join(root, "pod/a"), { recursive: true });
    writeFileSync(own, "0::/pod/a\n");
    writeFileSync(join(root, "pod/a/memory.max"), `${400 * mb}\n`);
    expect(budget()).toBe(Math.floor(400 * mb * limits.memoryShare));
  } finally {
    rmSync(root, { recursive: true });
  }
});
