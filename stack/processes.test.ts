import { expect, test } from "bun:test";
import { descendantsOf, identify, isAlive, listProcesses, parsePs, waitGone } from "./processes.ts";
import { signalProcess } from "./processes.ts";

test("a process is itself only with its start time", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  const id = identify(child.pid);
  if (!id) throw new Error("no such process");
  const stranger = { pid: child.pid, start: "another time" };
  signalProcess(stranger, "SIGKILL"); // somebody else's pid now: left alone
  expect([isAlive(id), isAlive(stranger)]).toEqual([true, false]);
  signalProcess(id, "SIGKILL");
  expect(await waitGone([id], 2000)).toBe(true);
  signalProcess(id, "SIGKILL"); // gone: harmless
  await child.exited;
});

test("descendants include children of children", async () => {
  const child = Bun.spawn(["sh", "-c", "sh -c 'sleep 60; true'; true"]);
  let names: string[] = [];
  while (names.length < 2) names = descendantsOf(child.pid).map((row) => row.command);
  expect(names).toEqual(["sh -c sleep 60; true", "sleep 60"]);
  for (const row of descendantsOf(child.pid)) signalProcess(row, "SIGKILL");
  await child.exited;
});

test("this process is listed with memory, time and command", () => {
  const row = listProcesses().find(({ pid }) => pid === process.pid);
  expect(row?.rssBytes).toBeGreaterThan(1_000_000);
  expect(row?.uptimeSeconds).toBeGreaterThanOrEqual(0);
  expect(row?.command).toContain("bun");
});

test.each([
  {
    name: "reads a line of macOS",
    line: "  501     1   2048 Ss     0:01.50 Fri Nov 20 21:23:00 2026     /opt/x/redis-server *:1",
    row: {
      pid: 501,
      ppid: 1,
      rssBytes: 2_097_152,
      cpuSeconds: 1.5,
      command: "/opt/x/redis-server *:1",
    },
  },
  {
    name: "reads days of CPU time",
    line: "1 0 8 S 2-01:00:01 Fri Nov  6 01:23:00 2026 init",
    row: { cpuSeconds: 2 * 86_400 + 3601, start: "Fri Nov  6 01:23:00 2026", command: "init" },
  },
])("ps: $name", ({ line, row }) => expect(parsePs(line)[0]).toMatchObject(row));

test("ps: a zombie counts as gone", () => {
  expect(parsePs("501 1 0 Z 0:00.00 Fri Nov 20 21:23:00 2026 (sh)")).toEqual([]);
});
