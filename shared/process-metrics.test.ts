import { expect, test } from "bun:test";
import { watchProcess } from "./process-metrics.ts";
import { Registry } from "./prom.ts";

const valueOf = (text: string, name: string) =>
  Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);

test("memory, CPU, event-loop lag and collector are told", async () => {
  const registry = new Registry();
  const pulse = watchProcess(registry);
  expect(pulse.turnedWithin(1000)).toBe(true);
  const until = performance.now() + 700;
  while (performance.now() < until); // the loop stands still
  Bun.gc(true);
  await Bun.sleep(5);
  const text = await registry.metrics();
  expect(valueOf(text, "process_resident_memory_bytes")).toBeGreaterThan(10e6);
  expect(valueOf(text, "process_cpu_seconds_total")).toBeGreaterThan(0.1);
  expect(valueOf(text, "process_event_loop_lag_seconds")).toBeGreaterThan(0.15);
  expect(valueOf(text, "process_gc_runs_total")).toBeGreaterThanOrEqual(1);
  pulse.stop();
  await Bun.sleep(60);
  expect(pulse.turnedWithin(50)).toBe(false);
});
