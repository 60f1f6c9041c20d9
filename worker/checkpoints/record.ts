import type { Checkpoint, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import * as v from "valibot";
import { CheckpointCorrupt } from "./errors.ts";
import { load } from "./plain-json.ts";

/** Where a checkpoint belongs. */
export interface Place {
  readonly thread: string;
  readonly ns: string;
}

/** One pending write as it is stored. */
export interface StoredWrite {
  readonly task: string;
  readonly idx: number;
  readonly channel: string;
  /** JSON. */
  readonly value: string;
}

/** A checkpoint as both stores hold it: text, nothing built yet. */
export interface StoredCheckpoint {
  readonly id: string;
  /** JSON of the whole checkpoint, channel values included. */
  readonly checkpoint: string;
  readonly metadata: string;
  /** "" for the first of a thread. */
  readonly parent: string;
  /** Place among the checkpoints of its thread and namespace, in the order they were written. */
  readonly n: number;
  readonly attempt: number;
  readonly writes: readonly StoredWrite[];
}

const Version = v.union([v.string(), v.number()]);
const Versions = v.record(v.string(), Version);
const CheckpointShape = v.object({
  v: v.number(),
  id: v.string(),
  ts: v.string(),
  channel_values: v.record(v.string(), v.unknown()),
  channel_versions: Versions,
  versions_seen: v.record(v.string(), Versions),
});
const MetadataShape = v.looseObject({});

/** Parses and checks. Throws `CheckpointCorrupt`. */
export function readCheckpoint(text: string, id: string): Checkpoint {
  const parsed = v.safeParse(CheckpointShape, load(text));
  if (!parsed.success) throw new CheckpointCorrupt("not the shape of a checkpoint");
  if (parsed.output.id !== id) throw new CheckpointCorrupt("filed under another id");
  return parsed.output as Checkpoint;
}

/** How LangGraph names a checkpoint. */
export function configOf({ thread, ns }: Place, id: string): CheckpointTuple["config"] {
  return { configurable: { thread_id: thread, checkpoint_ns: ns, checkpoint_id: id } };
}

/** What LangGraph works with. Throws `CheckpointCorrupt`. */
export function tupleOf(place: Place, stored: StoredCheckpoint): CheckpointTuple {
  const metadata = v.safeParse(MetadataShape, load(stored.metadata));
  if (!metadata.success) throw new CheckpointCorrupt("metadata is not an object");
  const writes = stored.writes.toSorted(
    (a, b) => (a.task < b.task ? -1 : a.task > b.task ? 1 : 0) || a.idx - b.idx,
  );
  return {
    config: configOf(place, stored.id),
    checkpoint: readCheckpoint(stored.checkpoint, stored.id),
    metadata: metadata.output as NonNullable<CheckpointTuple["metadata"]>,
    pendingWrites: writes.map(({ task, channel, value }) => [task, channel, load(value)]),
    ...(stored.parent === "" ? {} : { parentConfig: configOf(place, stored.parent) }),
  };
}
