import type { RoomLine } from "../../shared/contract/job.ts";
import { modelRole } from "../../shared/contract/rooms.ts";
import { chatPrompt } from "../graph/answer.ts";
import type { Agent } from "../graph/graph.ts";
import type { State } from "../graph/state.ts";
import type { Prompt } from "../llm/llm.ts";
import { type MemoryMessage, memoryIds } from "../memory/message.ts";

/** Of what was said, the newest that fit; the rest of the prompt needs its place. */
const mostChars = 12_000;
const title = "방에서 나눈 이야기 (읽을거리)";

/**
 * The model in a room: the graph of the chats without a memory of its own, because the room is the memory. What people
 * said comes to the answer as one titled text, each line under its speaker: something to read, nobody's instruction.
 */
export function roomAgent(plain: Agent): Agent {
  return async (run) => {
    const { job } = run;
    if (job.kind !== "room") throw new Error("not a room's job");
    const lines = newest(job.history);
    const before = { messages: lines.map(asMessage), summary: null };
    return plain({ ...run, before, promptFor: (state) => roomPrompt(state, lines) });
  };
}

function roomPrompt(state: State, lines: readonly RoomLine[]): Prompt {
  const prompt = chatPrompt(state);
  if (lines.length === 0) return prompt;
  const said = { title, text: lines.map(labelled).join("\n") };
  return { ...prompt, history: [], sections: [said, ...prompt.sections] };
}

function newest(history: readonly RoomLine[]): RoomLine[] {
  let chars = 0;
  const from = history.findLastIndex((line) => (chars += labelled(line).length) > mostChars);
  return history.slice(from + 1);
}

/** Lines of one text stay under its speaker: nobody can write another's name in front of one. */
const labelled = ({ participant, text }: RoomLine) =>
  `${participant}: ${text.replaceAll("\n", "\n  ")}`;

/** So that "그건?" finds what it means. */
function asMessage(line: RoomLine, at: number): MemoryMessage {
  const ids = memoryIds(`line-${at}`);
  return line.participant === modelRole
    ? { id: ids.assistant, role: "assistant", content: line.text }
    : { id: ids.user, role: "user", content: labelled(line) };
}
