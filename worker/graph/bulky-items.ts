import type { Finding } from "../knowledge/retrieve.ts";
import { withoutAskedBin } from "./asked-bin.ts";

const bulkyClasses: ReadonlySet<string> = new Set(["대형폐기물", "전기전자제품"]);

/** Of what a message names, what is large: not the sticker, nor the bin asked about. */
export function bulkyItems(message: string, findings: readonly Finding[]): readonly Finding[] {
  const named = withoutAskedBin(message, findings).findings.filter(
    ({ item }) => item !== undefined,
  );
  const large = named.filter(
    ({ item }) =>
      item !== undefined &&
      (bulkyClasses.has(item.middle) ||
        item.alternatives?.some(({ middle }) => bulkyClasses.has(middle))),
  );
  return large.length > 0 ? large : named;
}
