import * as v from "valibot";
import { priceIn } from "../knowledge/price-lookup.ts";
import type { FunctionCall } from "../llm/call-function.ts";
import type { PriceFact } from "../llm/facts.ts";
import type { Tools } from "./run-context.ts";
import { argumentsBy } from "./services/ask-model.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

const refundWords = /보증금|환급|반환|반납|돌려받/;

const Asked = v.object({
  item_name: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(40)),
  region: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(20))),
});
const recyclablePrices: FunctionCall<v.InferOutput<typeof Asked>> = {
  name: "recyclable_prices",
  description: "재활용품의 시세를 찾는다. item_name은 팔려는 물건의 재료나 품목 이름이다.",
  parameters: {
    type: "object",
    properties: {
      item_name: { type: "string", description: "품목. 예: 신문지, 알루미늄캔, 고철" },
      region: { type: "string", description: "말에 나온 시·도. 없으면 비운다" },
    },
    required: ["item_name"],
  },
  input: Asked,
};

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
    work: async (query, signal) => {
      const { text, job } = query;
      const inPart = prices.findPrices(text);
      let found = inPart.status === "unnamed" ? prices.findPrices(job.message) : inPart;
      const asksRefund =
        found.status === "deposit" || (refundWords.test(text) && !found.missing[0]);
      // words name most of it at once and for nothing; a model knows what "깡통" or "파지" is
      if (found.status === "unnamed" && !asksRefund) {
        const asked = await argumentsBy(query, recyclablePrices, signal);
        const named = asked && prices.findPrices(`${asked.region ?? ""} ${asked.item_name}`);
        if (named && named.status !== "unnamed") found = named;
      }
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
