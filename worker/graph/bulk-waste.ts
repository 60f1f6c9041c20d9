import type { BulkWasteFact } from "../llm/facts.ts";
import { bulkyItems } from "./bulky-items.ts";
import type { Tools } from "./run-context.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

const appliances = "전기전자제품";
const bulky = "대형폐기물";

/** How large things are given away: the procedure, free pickup of appliances, fees where a service knows them. */
export function bulkWaste(tools: Tools): SubAgentSpec<BulkWasteFact> {
  const { retrieval, services } = tools;
  return {
    node: "bulk_waste",
    work: async (query, signal) => {
      const inPart = retrieval.find(query.text);
      const findings = inPart.length > 0 ? inPart : retrieval.find(query.job.message);
      const items = bulkyItems(query.job.message, findings).map(({ item, rule }) => ({
        name: item?.name ?? "",
        isAppliance: rule.middle === appliances,
        notes: item?.notes,
      }));
      const fees = await services.fees?.(query, signal);
      const rule = retrieval.retrieveByClass(bulky)?.rule;
      const electric = retrieval.retrieveByClass(appliances)?.rule;
      const areAppliances = items.length > 0 && items.every(({ isAppliance }) => isAppliance);
      const hasAppliance = items.length === 0 || items.some(({ isAppliance }) => isAppliance);
      const aboutAll = rule?.prepare.filter((step) => hasAppliance || !step.startsWith("가전"));
      return {
        items,
        steps: areAppliances ? [] : (aboutAll ?? []),
        freePickup: hasAppliance
          ? electric?.prepare.find((step) => step.includes("1599-0903"))
          : undefined,
        fees: fees?.lines,
        localNote: areAppliances ? electric?.local_note : rule?.local_note,
      };
    },
    result: (found) => ({
      has_collection: found !== undefined,
      has_fees: found?.fees !== undefined,
    }),
  };
}
