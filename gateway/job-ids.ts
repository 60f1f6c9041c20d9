import * as v from "valibot";
import { JobId } from "../shared/contract/ids.ts";

/** The job ids among texts a store gave. */
export function jobIdsIn(texts: readonly (string | null)[]): JobId[] {
  return texts.flatMap((text) => {
    const parsed = v.safeParse(JobId, text);
    return parsed.success ? [parsed.output] : [];
  });
}
