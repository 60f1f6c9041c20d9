import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { checkpoint as limits } from "../../shared/limits.ts";
import { CheckpointCorrupt } from "./errors.ts";

/** Names that reach an object's prototype when somebody assigns them. */
const poison = "__proto__";

/**
 * Data as JSON text. Throws for what would not come back as it was: functions, class instances, numbers that
 * are not finite. What is undefined is left out, as JSON does.
 */
export function dump(value: unknown): string {
  checkData(value, 0, (problem) => new TypeError(`state must be plain data: ${problem}`));
  return JSON.stringify(value) ?? "null";
}

/**
 * Builds what a text describes and nothing else: objects, arrays, strings, numbers, booleans, null. What looks
 * like an instruction to build a class (LangChain's `lc` records) stays an inert object. Throws
 * `CheckpointCorrupt` for text that is no JSON, is too deep or names a prototype.
 */
export function load(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointCorrupt("not JSON", { cause });
  }
  checkData(value, 0, (problem) => new CheckpointCorrupt(problem));
  return value;
}

function checkData(value: unknown, depth: number, refuse: (problem: string) => Error): void {
  if (typeof value === "string" || typeof value === "boolean" || value == null) return;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refuse("a number that is not finite");
    return;
  }
  if (typeof value !== "object") throw refuse(`a ${typeof value}`);
  if (depth >= limits.maxDepth) throw refuse("too deep");
  if (Array.isArray(value)) {
    for (const item of value) checkData(item, depth + 1, refuse);
    return;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function" && "lg_name" in value) {
    return checkData({ ...value }, depth + 1, refuse); // LangGraph's own Send
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refuse("an instance of a class");
  if (Object.hasOwn(value, poison)) throw refuse(`a field named ${poison}`);
  for (const key in value) checkData((value as Record<string, unknown>)[key], depth + 1, refuse);
}

/** The same as LangGraph's port, so that nothing of the library's own reviving is ever used. */
export const plainSerializer: SerializerProtocol = {
  dumpsTyped: async (value: unknown) => ["json", new TextEncoder().encode(dump(value))],
  loadsTyped: async (type: string, data: Uint8Array | string) => {
    if (type !== "json") throw new CheckpointCorrupt(`type ${type.slice(0, 20)}`);
    return load(typeof data === "string" ? data : new TextDecoder().decode(data));
  },
};
