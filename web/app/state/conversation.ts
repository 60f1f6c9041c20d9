import { newId } from "../../client/new-id.ts";
import { ApiError } from "../../client/request.ts";
import type { Outgoing } from "../../client/wire.ts";
import { createChat, touchChat } from "./chats.ts";
import { type Message, newMessage } from "./message.ts";
import {
  adoptChat,
  chatId,
  dropMessages,
  messages,
  newChat,
  nextTime,
  putMessages,
} from "./open-chat.ts";
import { askPlace } from "./place.ts";
import { afterSignIn, client, codeOf, isRefused } from "./session.ts";
import { model, sendsLocation } from "./settings.ts";
import { followAnswer } from "./settle.ts";
import { turnOf } from "./turns.ts";

/** A message that never left is sent again by itself after a reload only this soon. */
const resendMs = 60_000;

/** Shows a question and its coming answer at once, then sends it. */
export async function sendMessage(content: string, imageUrl: string | undefined): Promise<void> {
  const createdAt = nextTime();
  const sent = await bodyOf(content, imageUrl);
  const question = newMessage({
    clientId: newId(),
    chatId: chatId.value ?? newChat,
    role: "user",
    content,
    imageUrl: imageUrl ?? null,
    createdAt,
    sent,
  });
  await deliver(question);
}

async function bodyOf(message: string, imageUrl: string | undefined): Promise<Outgoing> {
  const place = sendsLocation.value ? await askPlace(3000) : undefined;
  return {
    message,
    interactive: true,
    ...(imageUrl === undefined ? {} : { image_url: imageUrl }),
    ...(place === undefined ? {} : { user_location: place }),
    ...(model.value === "" ? {} : { model: model.value }),
  };
}

async function deliver(asked: Message): Promise<void> {
  let question: Message = { ...asked, status: "pending", failure: null };
  let answer = newMessage({
    clientId: newId(),
    chatId: question.chatId,
    role: "assistant",
    content: "",
    turn: question.clientId,
    createdAt: question.createdAt + 1,
  });
  try {
    if (question.chatId === newChat) {
      await putMessages([question, answer], false);
      const id = await createChat();
      question = { ...question, chatId: id };
      answer = { ...answer, chatId: id };
      adoptChat(id);
    }
    const saving = putMessages([question, answer], false);
    const body = question.sent ?? { message: question.content };
    const key = question.clientId;
    const { job_id: jobId } = await client.send(question.chatId, body, { idempotencyKey: key });
    await saving;
    question = { ...question, status: "streaming", jobId, sent: null };
    answer = { ...answer, status: "streaming", jobId };
    followAnswer(answer);
    await putMessages([question, answer]);
    touchChat(question.chatId, question.content);
  } catch (error) {
    const failure = {
      code: codeOf(error),
      message: error instanceof ApiError ? error.message : "",
    };
    await dropMessages(answer.chatId, [answer.clientId]);
    await putMessages([{ ...question, status: "failed", failure }]);
    if (isRefused(error)) afterSignIn(() => void resend(question));
  }
}

/** Sends what was never accepted again: same key, same body, so it is accepted once. */
export async function resend(question: Message): Promise<void> {
  const createdAt = nextTime();
  await deliver({ ...question, createdAt });
}

/** Asks a question whose answer failed once more, as a new message. */
export async function askAgain(answer: Message): Promise<void> {
  const all = messages.value;
  const at = all.findIndex((one) => one.clientId === answer.clientId);
  const question =
    answer.role === "user" ? answer : all.slice(0, at).findLast((one) => one.role === "user");
  if (question) await sendMessage(question.content, question.imageUrl ?? undefined);
}

/** Ends the job; the text freezes at once and the server says what is kept. */
export async function stopAnswer(jobId: string): Promise<boolean> {
  const turn = turnOf(jobId);
  if (!turn) return true;
  turn.isStopping.value = true;
  try {
    await client.cancel(jobId);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return true; // it ended by itself
    turn.isStopping.value = false;
    isRefused(error);
    return false;
  }
}

/** After a reload: what was being followed is followed on, what never left is sent or called failed. */
export function goOn(underway: readonly Message[]): void {
  for (const message of underway) {
    if (message.jobId !== null) {
      if (message.role === "assistant") followAnswer(message);
      continue;
    }
    if (isBeingSent(message)) continue;
    if (message.role === "assistant") void dropMessages(message.chatId, [message.clientId]);
    else if (Date.now() - message.createdAt < resendMs) void resend(message);
    else {
      const failure = { code: "NETWORK", message: "" };
      void putMessages([{ ...message, status: "failed", failure }], false);
    }
  }
}

const bornMs = Date.now();
/** Made by this very page, which is still at it. */
const isBeingSent = (message: Message) => message.createdAt >= bornMs;
