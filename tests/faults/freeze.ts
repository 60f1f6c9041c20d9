import { descendantsOf } from "../../stack/processes.ts";
import type { Rig } from "./rig.ts";

/** Stops a process and its children for a while: alive, connected, and silent. */
export async function freeze(
  rig: Rig,
  name: string,
  ms: number,
  whileFrozen: () => unknown = () => {},
): Promise<void> {
  const pid = rig.pidOf(name);
  const all = [pid, ...descendantsOf(pid).map((row) => row.pid)];
  const signal = (which: NodeJS.Signals) => {
    for (const each of all) {
      try {
        process.kill(each, which);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    }
  };
  signal("SIGSTOP");
  try {
    await whileFrozen();
    await Bun.sleep(ms);
  } finally {
    signal("SIGCONT");
  }
}
