import { effect, signal } from "@preact/signals";
import { newMessage } from "./message.ts";
import { chatId, messages, putMessages, refreshChat } from "./open-chat.ts";
import { followAnswer } from "./settle.ts";

/** The open chat is being answered, and this device did not ask: another one did. */
export const isAnsweredElsewhere = signal(false);

const pollMs = 3000;
/** No job lives longer than this without a reader noticing. */
const youngMs = 300_000;

/** Watches the open chat: a question at its end that someone else sent is followed, or waited for. */
export function watchForAnswers(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    clearTimeout(timer);
    const last = messages.value.at(-1);
    const isOpen =
      last !== undefined &&
      last.chatId === chatId.value &&
      last.role === "user" &&
      last.status === "committed" &&
      last.failure === null &&
      last.committedAt === null &&
      Date.now() - last.createdAt < youngMs;
    isAnsweredElsewhere.value = isOpen;
    if (!isOpen) return;
    if (last.jobId === null) {
      timer = setTimeout(() => void refreshChat(), pollMs);
      return;
    }
    const answer = newMessage({
      clientId: `${last.jobId}:answer`,
      chatId: last.chatId,
      role: "assistant",
      content: "",
      turn: last.clientId,
      createdAt: last.createdAt + 1,
      status: "streaming",
      jobId: last.jobId,
    });
    void putMessages([answer], false);
    followAnswer(answer);
  });
}
