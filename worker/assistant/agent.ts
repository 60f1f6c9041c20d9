import { AppError } from "../../shared/errors.ts";
import { readJobRecord } from "../../shared/job-record.ts";
import type { AssistantJob } from "../../shared/contract/job.ts";
import type { ScriptedRedis } from "../../shared/scripts.ts";
import type { Agent } from "../graph/graph.ts";
import type { RunContext } from "../graph/run-context.ts";
import { summaryOfOld } from "../graph/summarize.ts";
import type { Summary } from "../memory/compress.ts";
import { jobOf, type MemoryMessage } from "../memory/message.ts";
import { divide, keepSummary, readSession } from "./memory.ts";
import { assistantPrompt } from "./prompt.ts";

/** The assistant: the graph of the chats, on the memory of a session. `plain` is that graph without a memory. */
export function assistantAgent(plain: Agent, redis: ScriptedRedis): Agent {
  return async (run) => {
    const { job } = run;
    if (job.kind !== "assistant") throw new Error("not an assistant's job");
    const before = await whatWasSaid(redis, job, run);
    return plain({ ...run, before, promptFor: assistantPrompt });
  };
}

/** Throws `UNAVAILABLE` when the memory cannot be read. */
async function whatWasSaid(
  redis: ScriptedRedis,
  job: AssistantJob,
  run: RunContext,
): Promise<{ messages: readonly MemoryMessage[]; summary: Summary | null }> {
  const session = await readSession(redis, job).catch((cause: unknown) => {
    throw new AppError("UNAVAILABLE", { detail: "the session's memory", cause });
  });
  const { recent, old, summary } = divide(session);
  const last = old.at(-1);
  if (!last) return { messages: recent, summary };
  const longer = await summaryOfOld(old, summary, run);
  if (!longer) return { messages: recent, summary }; // rather a gap than a prompt without bounds
  const held = (await readJobRecord(redis, job.job_id))?.session;
  if (held) {
    const fence = { key: held.lockFence, number: held.fence };
    await keepSummary(redis, job, fence, jobOf(last), longer).catch((cause: unknown) => {
      run.log.warn("a session's summary was not kept", { error: cause });
    });
  }
  return { messages: recent, summary: longer };
}
