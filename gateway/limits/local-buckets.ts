import type { Clock } from "../../shared/clock.ts";

/** Holds `capacity`, refills `perSecond`. */
export interface BucketRule {
  /** As it stands in the `RateLimit` headers. */
  readonly name: string;
  readonly capacity: number;
  readonly perSecond: number;
}

/** One bucket of a request: whose, and by which rule. */
export interface Wanted {
  readonly key: string;
  readonly rule: BucketRule;
}

/** How a bucket stands after the request. */
interface Level {
  readonly rule: BucketRule;
  /** Whole tokens left. */
  readonly left: number;
  /** Until there is one again; 0 when there is. */
  readonly waitMs: number;
}

export interface Taken {
  readonly isAllowed: boolean;
  readonly levels: readonly Level[];
}

/** Token buckets in this process: what counts while the shared ones are away. */
export class LocalBuckets {
  readonly #held = new Map<string, { tokens: number; at: number }>();
  readonly #clock: Clock;
  readonly #maxEntries: number;

  constructor(clock: Clock, maxEntries: number) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Takes one token from every bucket, or none from any. */
  take(wanted: readonly Wanted[]): Taken {
    const now = this.#clock.monotonicMs();
    const filled = wanted.map(({ key, rule }) => {
      const held = this.#held.get(key);
      if (!held) return rule.capacity;
      const refill = ((now - held.at) * rule.perSecond) / 1000;
      return Math.min(rule.capacity, held.tokens + refill);
    });
    const isAllowed = filled.every((tokens) => tokens >= 1);
    const levels = wanted.map(({ key, rule }, i) => {
      const tokens = (filled[i] ?? 0) - (isAllowed ? 1 : 0);
      this.#keep(key, tokens, now);
      const waitMs = tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / rule.perSecond);
      return { rule, left: Math.floor(tokens), waitMs };
    });
    return { isAllowed, levels };
  }

  #keep(key: string, tokens: number, at: number): void {
    this.#held.delete(key); // to the young end
    this.#held.set(key, { tokens, at });
    if (this.#held.size <= this.#maxEntries) return;
    for (const oldest of this.#held.keys()) {
      this.#held.delete(oldest);
      return;
    }
  }
}
