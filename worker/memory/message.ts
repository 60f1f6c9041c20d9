import type { JobId } from "../../shared/contract/ids.ts";
import type { Turn } from "../llm/llm.ts";

/** A message of the chat's memory. */
export type MemoryMessage = Turn & { readonly id: string };

/** Ids a job's messages have in the memory; a job that runs again replaces its own. */
export const memoryIds = (job: JobId | string) => ({
  user: `${job}:user`,
  assistant: `${job}:assistant`,
});

/** What a job said, as memory: the question, and the answer where there is one. */
export function turnOf(job: string, question: string, answer: string | null): MemoryMessage[] {
  const ids = memoryIds(job);
  return [
    { id: ids.user, role: "user", content: question },
    ...(answer === null || answer === ""
      ? []
      : [{ id: ids.assistant, role: "assistant" as const, content: answer }]),
  ];
}

/** The job a message belongs to. */
export const jobOf = ({ id }: Pick<MemoryMessage, "id">) => id.split(":", 1)[0] ?? id;
