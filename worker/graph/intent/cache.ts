import { createHash } from "node:crypto";
import * as v from "valibot";
import { intents } from "../../../shared/contract/stages.ts";
import { prompts } from "../../prompts/prompts.ts";
import type { Decided } from "./split.ts";

/** Texts by key, forgotten after a while. Neither may throw: a cache that is away is a miss. */
export interface TextCache {
  read(key: string): Promise<string | null>;
  write(key: string, text: string): Promise<void>;
}

const Stored = v.object({
  intents: v.pipe(v.array(v.picklist(intents)), v.minLength(1), v.maxLength(3)),
  queries: v.array(v.string()),
  confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});

/** One key for a message, whatever its case and outer spaces, per model and prompt versions. */
export function intentKey(message: string, model: string): string {
  const { intent, multiIntent, decompose } = prompts;
  const versions = [intent, multiIntent, decompose].map(({ version }) => version).join(".");
  const text = message.normalize("NFC").trim().toLowerCase();
  return createHash("sha256").update(`${versions}\n${model}\n${text}`).digest("hex").slice(0, 16);
}

/** Undefined for anything that is not what we store. */
export function readStored(text: string | null): Decided | undefined {
  if (text === null) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Stored), text);
  return parsed.success ? parsed.output : undefined;
}
