import type { JobUpdate } from "../../client/updates.ts";
import type { Run } from "../run/run.ts";
import { touchChat } from "./chats.ts";
import type { Message } from "./message.ts";
import { dropMessages, messages, putMessages, refreshChat } from "./open-chat.ts";
import { readLocal } from "./local-messages.ts";
import { announce } from "./notices.ts";
import { startTurn } from "./turns.ts";

type Done = Extract<JobUpdate, { type: "done" }>;

/** Follows an answer's job and writes into the messages what became of it. */
export function followAnswer(answer: Message): void {
  startTurn(answer, {
    onSave: (held, run) => void putMessages([{ ...answer, content: held.text, held, run }], false),
    onDone: (done, run) => settle(answer, done, run),
    onLost: (code, held, run) => giveUp({ ...answer, content: held.text, held, run }, code),
  });
}

async function settle(answer: Message, done: Done, run: Run): Promise<void> {
  const { persistence, metadata } = done.result;
  const now = Date.now();
  const answeredAt = Date.parse(persistence.assistant_message_created_at ?? "") || answer.createdAt;
  const code = done.result.error_code;
  const ended = { status: "committed", committedAt: now, held: null } as const;
  const question = await questionOf(answer);
  const settled: Message = {
    ...answer,
    ...ended,
    status: done.status === "failed" ? "failed" : "committed",
    serverId: persistence.assistant_message,
    content: done.text,
    createdAt: answeredAt,
    failure: code === undefined ? null : { code, message: done.message },
    metadata,
    run,
  };
  const asked = question && {
    ...question,
    ...ended,
    serverId: persistence.user_message,
    createdAt: answeredAt - 1,
  };
  await putMessages(asked ? [asked, settled] : [settled]);
  touchChat(answer.chatId, question?.content ?? "");
  announce(done.text === "" ? done.message : done.text);
}

/** The history knows how it ended; where it does not either, say that the answer was lost. */
async function giveUp(answer: Message, code: string): Promise<void> {
  const failure = { code, message: "" };
  const question = await questionOf(answer);
  const asked = question && { ...question, status: "committed" as const, committedAt: Date.now() };
  const lost: Message = { ...answer, status: "failed", failure };
  if (code === "OVER") await dropMessages(answer.chatId, [answer.clientId]);
  const changed = [...(asked ? [asked] : []), ...(code === "OVER" ? [] : [lost])];
  await putMessages(changed);
  await refreshChat();
}

async function questionOf(answer: Message): Promise<Message | undefined> {
  const isIt = (message: Message) => message.clientId === answer.turn;
  return messages.value.find(isIt) ?? (await readLocal(answer.chatId)).find(isIt);
}
