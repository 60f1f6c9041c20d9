import { compose } from "./compose.ts";
import type { Llm } from "./llm.ts";

export interface LocalOptions {
  /** Pause between pieces, ms; for demonstrations. */
  readonly paceMs?: number;
}

/**
 * The offline mode, a model of its own kind: says what the nodes found, in plain Korean, and nothing else. Needs
 * no key and no network.
 */
export function localLlm({ paceMs = 0 }: LocalOptions = {}): Llm {
  return async function* (prompt, signal) {
    for (const piece of compose(prompt).match(/\s*\S+\s?/g) ?? []) {
      signal.throwIfAborted();
      yield piece;
      if (paceMs > 0) await Bun.sleep(paceMs);
    }
  };
}
