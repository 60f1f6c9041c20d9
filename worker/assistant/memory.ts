// What was said in a session, as its model is told: the newest turns word for word, as many as fit, and what came
// before them in a summary. The list in Redis is the memory; the summary beside it only saves making it again.
import * as v from "valibot";
import type { AssistantJob } from "../../shared/contract/job.ts";
import { readTurns } from "../../shared/contract/turn.ts";
import { keys } from "../../shared/keys.ts";
import { assistant as limits } from "../../shared/limits.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import { estimateTokens, type Summary, summaryOf } from "../memory/compress.ts";
import { jobOf, type MemoryMessage, memoryIds } from "../memory/message.ts";
import keepSummaryLua from "./keep-summary.lua" with { type: "text" };

/** `upTo`: the last turn it tells of. */
const Kept = v.pipe(v.string(), v.parseJson(), v.object({ upTo: v.string(), content: v.string() }));

interface Session {
  /** The oldest first. */
  readonly messages: readonly MemoryMessage[];
  readonly summary: { readonly upTo: string; readonly summary: Summary } | undefined;
}

/** Reads a session. Throws when the store does not answer: no answer rather than one without its memory. */
export async function readSession(redis: ScriptedRedis, job: AssistantJob): Promise<Session> {
  const { namespace, assistant_sid: sid } = job;
  const [items, stored] = await Promise.all([
    redis.lrange(keys.assistantMemory(namespace, sid), 0, -1),
    redis.get(keys.assistantSummary(namespace, sid)),
  ]);
  const messages = readTurns(items).flatMap(({ role, content, jobId }, i): MemoryMessage[] => {
    if (content === "") return []; // cancelled before its first word; models refuse empty messages
    // of another program's entries the place in the list is the only name
    const ids = memoryIds(jobId ?? `entry-${Math.floor(i / 2)}`);
    return [{ id: role === "user" ? ids.user : ids.assistant, role, content }];
  });
  const kept = v.safeParse(Kept, stored);
  if (!kept.success || messages.length === 0) return { messages, summary: undefined };
  return { messages, summary: { upTo: kept.output.upTo, summary: summaryOf(kept.output.content) } };
}

interface Window {
  /** Told word for word. */
  readonly recent: readonly MemoryMessage[];
  /** To be summarised before that; empty when the summary there is will do. */
  readonly old: readonly MemoryMessage[];
  readonly summary: Summary | null;
}

/** Divides a session. What must be summarised takes a share of what would fit along: not every turn shall cost one. */
export function divide({ messages, summary }: Session): Window {
  const told = messages.findLastIndex(
    (one) => summary !== undefined && jobOf(one) === summary.upTo,
  );
  const before = told < 0 ? null : (summary?.summary ?? null);
  const open = messages.slice(told + 1);
  const budget = limits.windowTokens - estimateTokens(before ? [before] : []);
  if (estimateTokens(open) <= budget) return { recent: open, old: [], summary: before };
  const from = firstWithin(open, limits.windowTokens * limits.keptShare);
  return { recent: open.slice(from), old: open.slice(0, from), summary: before };
}

/** Where the newest whole turns begin that have at most so many tokens. */
function firstWithin(messages: readonly MemoryMessage[], tokens: number): number {
  let from = messages.length;
  for (let i = messages.length - 1; i >= 0; i--) {
    if (estimateTokens(messages.slice(i)) > tokens) break;
    if (messages[i]?.role === "user") from = i;
  }
  return from;
}

/** Keeps a summary for the turns to come. False when the session is somebody else's by now. */
export async function keepSummary(
  redis: ScriptedRedis,
  job: AssistantJob,
  fence: { readonly key: string; readonly number: number },
  upTo: string,
  summary: Summary,
): Promise<boolean> {
  const word = await redis.eval(
    keepSummaryLua,
    2,
    keys.assistantSummary(job.namespace, job.assistant_sid),
    fence.key,
    fence.number,
    JSON.stringify({ upTo, content: summary.content }),
    job.memory_ttl_seconds,
  );
  return word === "kept";
}
