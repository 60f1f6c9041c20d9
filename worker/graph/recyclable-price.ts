import { priceIn } from "../knowledge/price-lookup.ts";
import type { PriceFact } from "../llm/facts.ts";
import type { Tools } from "./run-context.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

const refundWords = /보증금|환급|반환|반납|돌려받/;

/** What the price survey lists. Numbers only where survey data is loaded. */
export function recyclablePrice(tools: Tools): SubAgentSpec<PriceFact> {
  const { prices, knowledge, retrieval } = tools;
  const bottles = knowledge.items.find(({ name }) => name === "보증금병");
  /** The kind of bottle asked about knows its own amount, any other bottle all of them. */
  const refundOf = (text: string) => {
    const named = retrieval
      .find(text)
      .find(({ item }) => item?.destination === bottles?.destination);
    const bottle = named?.item ?? bottles;
    return bottle && `${bottle.name}: ${bottle.notes ?? ""}`;
  };
  return {
    node: "recyclable_price",
    work: async ({ text, job }) => {
      const inPart = prices.findPrices(text);
      let found = inPart.status === "unnamed" ? prices.findPrices(job.message) : inPart;
      const asksRefund =
        found.status === "deposit" || (refundWords.test(text) && !found.missing[0]);
      if (asksRefund) found = { ...found, entries: [], missing: [], status: "deposit" };
      return {
        region: found.region?.name ?? "전국평균",
        found: found.entries.map((entry) => ({
          name: entry.name,
          unit: entry.unit,
          price: priceIn(entry, found.region),
          surveyed: entry.surveyed,
        })),
        notSurveyed: found.missing,
        isDeposit: asksRefund,
        refund: asksRefund ? refundOf(text) : undefined,
        catalogue: found.status === "unnamed" ? knowledge.prices.entries.map((e) => e.name) : [],
      };
    },
    result: (found) => ({
      found: (found?.found.length ?? 0) > 0,
      has_survey: found?.found.some(({ price }) => price !== undefined) ?? false,
    }),
  };
}
