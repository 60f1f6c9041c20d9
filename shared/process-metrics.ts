import { Counter, Gauge, type Registry } from "./prom.ts";

/** Does the event loop of this process turn? */
export interface Pulse {
  turnedWithin(ms: number): boolean;
  stop(): void;
}

const everyMs = 500;

/**
 * What a process tells of itself, and its pulse. prom-client's own set loads more and names half of it after
 * Node. Bun 1.4.5 tells no pauses of its collector; runs are seen by what they drop, so the count is "at least".
 */
export function watchProcess(registry: Registry): Pulse {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  let turnedAt = performance.now();
  let worstMs = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    worstMs = Math.max(worstMs, now - turnedAt - everyMs);
    turnedAt = now;
  }, everyMs);
  timer.unref();

  const startedAt = Date.now() / 1000 - process.uptime();
  gauge("process_start_time_seconds", "Start, seconds since 1970", () => startedAt);
  gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge("process_heap_bytes", "JavaScript heap in use", () => process.memoryUsage().heapUsed);
  gauge("process_event_loop_lag_seconds", "Longest delay of a timer since the last look", () => {
    const lagMs = Math.max(worstMs, performance.now() - turnedAt - everyMs, 0);
    worstMs = 0;
    return lagMs / 1000;
  });
  let usedBefore = 0;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time, user and system",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.inc((user + system) / 1e6 - usedBefore);
      usedBefore = (user + system) / 1e6;
    },
  });
  const collections = new Counter({
    name: "process_gc_runs_total",
    help: "Runs of the garbage collector, at least",
    registers,
  });
  const dropped = new FinalizationRegistry(() => {
    collections.inc();
    dropped.register({}, undefined);
  });
  dropped.register({}, undefined);
  return {
    turnedWithin: (ms) => performance.now() - turnedAt <= ms,
    stop: () => clearInterval(timer),
  };
}
