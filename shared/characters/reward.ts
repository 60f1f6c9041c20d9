import { pause } from "../clock.ts";
import { characters as limits } from "../limits.ts";
import type { Catalog, Character } from "./catalog.ts";

/** What a finished scan says about its reward. */
export interface RewardInput {
  readonly classification: {
    readonly major_category: string;
    readonly middle_category: string;
    readonly minor_category?: string | null | undefined;
  };
  /** Disposal rules were found. */
  readonly hasRules: boolean;
  /** What the person left undone, as the answer lists it. */
  readonly insufficiencies: readonly string[];
}

export interface Match {
  readonly character: Character;
  /** `플라스틱류>용기`, or the middle category alone. */
  readonly reason: string;
}

const rewarded = "재활용폐기물";

/**
 * The character a scan earns: recyclables with rules and nothing left undone, by exact middle category, else the
 * default one. Undefined: none, also when the catalogue does not answer in time.
 */
export async function match(catalog: Catalog, input: RewardInput): Promise<Match | undefined> {
  const { major_category: major, middle_category: middle } = input.classification;
  if (major !== rewarded || middle.trim() === "" || !input.hasRules) return undefined;
  if (input.insufficiencies.some((one) => one.trim() !== "")) return undefined;
  const inTime = new AbortController();
  try {
    const found = (async () => (await catalog.byMatch(middle)) ?? (await catalog.default()))();
    found.catch(() => undefined); // too late, nobody waits for it
    const character = await Promise.race([
      found,
      pause(limits.matchMs, inTime.signal).then(() => undefined),
    ]);
    const minor = input.classification.minor_category?.trim();
    return character && { character, reason: minor ? `${middle}>${minor}` : middle };
  } finally {
    inTime.abort();
  }
}
