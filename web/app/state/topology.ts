import { signal } from "@preact/signals";
import type { Topology } from "../../client/wire.ts";
import { client } from "./session.ts";

/** The drawing of the agent; undefined until the server told it, or when it has none to tell. */
export const topology = signal<Topology | undefined>(undefined);
let isAsked = false;

export async function loadTopology(): Promise<void> {
  if (isAsked) return;
  isAsked = true;
  try {
    topology.value = await client.topology();
  } catch {
    isAsked = false; // the run view lists stages as they come; the next opening asks again
  }
}
