import { Counter, Histogram, type Registry } from "../../shared/prom.ts";

export type ScanMetrics = ReturnType<typeof createScanMetrics>;

export function createScanMetrics(registry: Registry) {
  const registers = [registry];
  return {
    scans: new Counter({
      name: "scan_attempts_total",
      help: "Attempts at scans by their ending: completed, failed, or how they were lost",
      labelNames: ["status"],
      registers,
    }),
    stageSeconds: new Histogram({
      name: "scan_stage_duration_seconds",
      help: "Time a stage took; status is completed or the code it failed with",
      labelNames: ["stage", "status"],
      buckets: [0.005, 0.05, 0.25, 1, 2.5, 5, 10, 20, 30, 60, 90],
      registers,
    }),
  };
}
