import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { texts } from "../texts.ts";

/** The run view comes as a file of its own, when it is first opened. */
export function RunDoor() {
  const [Panel, setPanel] = useState<ComponentType | undefined>(undefined);
  useEffect(() => {
    void import("./run-panel.tsx").then((file) => setPanel(() => file.RunPanel));
  }, []);
  return Panel ? <Panel /> : <section class="run" aria-label={texts.value.run} aria-busy="true" />;
}
