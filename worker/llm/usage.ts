/** Tokens of one or more calls. */
export interface Usage {
  readonly inputTokens: number;
  /** Part of the input the provider had cached, and charges less for. */
  readonly cachedInputTokens: number;
  /** With reasoning, which is charged as output. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export const noUsage: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  };
}

/** US dollars per million tokens. */
interface TokenPrice {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}
export type TokenPrices = Readonly<Record<string, TokenPrice | undefined>>;

/**
 * Token prices by model. Empty on purpose, 2026-11-20: no price could be checked with its provider, and a
 * wrong one is worse than none. Operators give theirs in the configuration.
 */
const knownPrices: TokenPrices = {};

/** US dollars, an estimate; null when the model has no price in the table. */
export function estimateUsd(
  model: string,
  usage: Usage,
  prices: TokenPrices = knownPrices,
): number | null {
  const price = prices[model];
  if (!price) return null;
  const fresh = Math.max(0, usage.inputTokens - usage.cachedInputTokens);
  const micro =
    fresh * price.input +
    usage.cachedInputTokens * price.cachedInput +
    usage.outputTokens * price.output;
  return micro / 1e6;
}

/**
 * US dollars for one square picture of OpenAI's image models by quality, an estimate; null for any other.
 * Source: the provider's image guide as handed over with the project, not checked again since 2026-11-20.
 */
export function estimateImageUsd(model: string, quality: "low" | "medium" | "high"): number | null {
  if (!model.startsWith("gpt-image-1")) return null;
  return { low: 0.02, medium: 0.07, high: 0.19 }[quality];
}
