import { priceIn } from "../knowledge/price-lookup.ts";
import type { PriceFact } from "../llm/facts.ts";
import type { Tools } from "./run-context.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

/** What the price survey lists. Numbers only where survey data is loaded. */
export function recyclablePrice(tools: Tools): SubAgentSpec<PriceFact> {
  const { prices, knowledge } = tools;
  return {
    node: "recyclable_price",
    work: async ({ text, job }) => {
      const inPart = prices.findPrices(text);
      const found = inPart.status === "unnamed" ? prices.findPrices(job.message) : inPart;
      return {
        region: found.region?.name ?? "전국평균",
        found: found.entries.map((entry) => ({
          name: entry.name,
          unit: entry.unit,
          price: priceIn(entry, found.region),
          surveyed: entry.surveyed,
        })),
        notSurveyed: found.missing,
        isDeposit: found.status === "deposit",
        catalogue: found.status === "unnamed" ? knowledge.prices.entries.map((e) => e.name) : [],
      };
    },
    result: (found) => ({
      found: (found?.found.length ?? 0) > 0,
      has_survey: found?.found.some(({ price }) => price !== undefined) ?? false,
    }),
  };
}
