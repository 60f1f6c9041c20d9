import type { BulkWasteFact } from "../llm/facts.ts";
import { bulkyItems } from "./bulky-items.ts";
import type { Needs } from "./ask-person.ts";
import type { Query, Tools } from "./run-context.ts";
import { findDistrict } from "./places/find-place.ts";
import type { SubAgentSpec } from "./sub-agent.ts";

const appliances = "전기전자제품";
const bulky = "대형폐기물";

/** How large things are given away: the procedure, free pickup of appliances, fees where a service knows them. */
export function bulkWaste(tools: Tools): SubAgentSpec<BulkWasteFact> {
  const { retrieval, services } = tools;
  const local = (query: Query): BulkWasteFact => {
    const inPart = retrieval.find(query.text);
    const findings = inPart.length > 0 ? inPart : retrieval.find(query.job.message);
    const items = bulkyItems(query.job.message, findings).map(({ item, rule }) => ({
      name: item?.name ?? "",
      isAppliance: rule.middle === appliances,
      notes: item?.notes,
    }));
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
      fees: undefined,
      localNote: areAppliances ? electric?.local_note : rule?.local_note,
    };
  };
  return {
    node: "bulk_waste",
    needs: services.disposal ? needsDistrict : undefined,
    work: async (query, signal) => {
      const [fees, district] = await Promise.all([
        services.fees?.(query, signal),
        services.disposal?.(query, signal),
      ]);
      return { ...local(query), fees: fees?.lines, district };
    },
    // the procedure is the same everywhere; only what the district adds is missing
    fallback: async (query) => local(query),
    result: (found) => ({
      has_collection: found !== undefined,
      has_fees: found?.fees !== undefined,
      district: found?.district?.name ?? null,
    }),
  };
}

/** Asked only where a district would change the answer. */
const needsDistrict: Needs = ({ text, job, place, choice }) => {
  if (choice !== undefined) return undefined;
  const named = findDistrict(text) ?? findDistrict(job.message);
  if (!named) {
    if (place) return undefined;
    return { type: "location", message: "어느 지역에서 버리시나요? 시·군·구를 알려 주세요." };
  }
  if (named.provinces.length < 2) return undefined;
  const options = named.provinces.map((province) => `${province} ${named.name}`);
  return { type: "selection", message: `어느 ${named.name}인가요?`, options };
};
