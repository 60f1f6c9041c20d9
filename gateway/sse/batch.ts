import type { LogEntry } from "./entry.ts";
import { type Bytes, encodeText, frame } from "./frame.ts";

/** Entries in order that many readers are about to get; their bytes are built once. */
export class Batch {
  readonly entries: readonly LogEntry[];
  /** By first and last index. Almost always one: readers of a job stand at the same place. */
  readonly #chunks = new Map<string, Bytes>();

  constructor(entries: readonly LogEntry[]) {
    this.entries = entries;
  }

  /** The frames of entries `from` up to but not including `to`, as one chunk. */
  chunk(from: number, to: number): Bytes {
    const key = `${from}-${to}`;
    const known = this.#chunks.get(key);
    if (known) return known;
    let text = "";
    for (let i = from; i < to; i++) {
      const entry = this.entries[i];
      if (entry) text += frame(entry);
    }
    const chunk = encodeText(text);
    this.#chunks.set(key, chunk);
    return chunk;
  }
}
