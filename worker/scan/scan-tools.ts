import type { Tools } from "../graph/run-context.ts";
import { scanPolicies } from "./policies.ts";
import type { ScanTools } from "./scan-context.ts";

/** What scans use: the knowledge and the breakers of the nodes, under the scans' own policies. */
export function scanTools(
  tools: Tools,
  outside: Pick<ScanTools, "fetchImage" | "reward">,
): ScanTools {
  const { knowledge, retrieval, advise, executor, linkHosts } = tools;
  return { knowledge, retrieval, advise, executor, linkHosts, policies: scanPolicies, ...outside };
}
