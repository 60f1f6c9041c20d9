/** What a node found, with what the reducer needs to choose between two of them. */
export interface Context<Data> {
  /** Lower wins; 50 where nobody said. */
  readonly _priority: number;
  /** Per job, from 1: of equals the later one wins. */
  readonly _sequence: number;
  readonly _producer: string;
  /** Milliseconds since 1970; for people. */
  readonly _created_at: number;
  readonly _is_fallback: boolean;
  readonly success: boolean;
  /** Why there is no data: `not_configured`, `not_found`, `failed`. */
  readonly error: string | undefined;
  readonly data: Data | undefined;
}

/** Clears a channel; sent to every context channel when a turn begins. */
export const reset = { _reset: true } as const;
export type Reset = typeof reset;

/** The channel rule of the contract: a reset clears, success beats failure, then priority, then sequence. */
export function reduceContext<Data>(
  existing: Context<Data> | null,
  update: Context<Data> | Reset | null | undefined,
): Context<Data> | null {
  if (update === null || update === undefined) return existing;
  if ("_reset" in update) return null;
  if (existing === null) return update;
  if (existing.success !== update.success) return update.success ? update : existing;
  if (existing._priority !== update._priority) {
    return update._priority < existing._priority ? update : existing;
  }
  return update._sequence >= existing._sequence ? update : existing;
}
