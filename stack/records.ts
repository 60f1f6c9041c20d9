import * as v from "valibot";
import { type Home, readJson, writeJson } from "./home.ts";
import { descendantsOf, isAlive, type ProcessId, signalProcess, waitGone } from "./processes.ts";

const Entry = v.object({
  name: v.string(),
  pid: v.number(),
  start: v.string(),
  /** Fleet first, then services: the order of an orderly stop. */
  kind: v.picklist(["supervisor", "fleet", "service"]),
});
export type RecordedProcess = v.InferOutput<typeof Entry>;

/** Who runs for this folder, on disk from the moment a child exists: what a later run cleans up after a kill -9. */
export function readRecords(home: Home): RecordedProcess[] {
  const read = v.safeParse(v.array(Entry), readJson(home.path("run.json")));
  return read.success ? read.output : [];
}

export function recordProcess(home: Home, entry: RecordedProcess): void {
  const others = readRecords(home).filter((other) => isAlive(other));
  writeJson(home.path("run.json"), [...others, entry]);
}

export function clearRecords(home: Home): void {
  writeJson(home.path("run.json"), []);
}

export function runningSupervisor(home: Home): RecordedProcess | undefined {
  return readRecords(home).find((entry) => entry.kind === "supervisor" && isAlive(entry));
}

/** Ends what an earlier run left behind. Returns the names of what was ended. */
export async function endLeftovers(home: Home): Promise<string[]> {
  const left = readRecords(home).filter((entry) => isAlive(entry));
  for (const kind of ["fleet", "service"] as const) {
    const group = left.filter((entry) => entry.kind === kind);
    const all: ProcessId[] = group.flatMap((entry) => [entry, ...descendantsOf(entry.pid)]);
    for (const entry of group) signalProcess(entry, "SIGTERM");
    if (!(await waitGone(group, kind === "fleet" ? 3000 : 8000)) || !(await waitGone(all, 1000))) {
      for (const id of all) signalProcess(id, "SIGKILL");
      await waitGone(all, 5000);
    }
  }
  writeJson(
    home.path("run.json"),
    readRecords(home).filter((entry) => isAlive(entry)),
  );
  return left.filter((entry) => entry.kind !== "supervisor").map((entry) => entry.name);
}
