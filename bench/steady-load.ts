import { Client, resultOf } from "../tests/client.ts";
import { checkRows, type Finished } from "../tests/faults/rows.ts";
import { StreamCheck, type Violation } from "../tests/faults/verify.ts";
import type { StackFile } from "../tests/stack.ts";

const questions = [
  "페트병 어떻게 버려?",
  "종이 버리는 법이랑 수거함도 알려줘",
  "보조배터리는 어떻게 버려?",
  "형광등 버리는 법 알려줘",
  "안녕!",
];
/** So many that nobody meets a limit of one person. */
const people = 600;
const messagesPerChat = 20;
/** Jobs whose rows are checked at a time; then they are forgotten, the generator must stay flat too. */
const checkEvery = 200;

export interface SteadyLoad {
  readonly counts: {
    sent: number;
    refused: number;
    ended: number;
    completed: number;
    tokens: number;
    streams: number;
  };
  readonly violations: Violation[];
  /** Sends one message and follows it to its rows. Never throws. */
  one(): Promise<void>;
  /** Everything that was sent has ended and is checked. */
  finish(): Promise<void>;
}

/** One message after the other, each of another person, every event and row checked. */
export function createSteadyLoad(stack: StackFile): SteadyLoad {
  const counts = { sent: 0, refused: 0, ended: 0, completed: 0, tokens: 0, streams: 0 };
  const violations: Violation[] = [];
  const users = new Map<number, { client: Client; chat: string; left: number }>();
  const running = new Set<Promise<void>>();
  let unchecked: Finished[] = [];
  let next = 0;

  const person = async (index: number) => {
    const known = users.get(index);
    if (known && known.left-- > 0) return known;
    const client = known?.client ?? new Client(stack);
    const fresh = { client, chat: await client.createChat(), left: messagesPerChat - 1 };
    users.set(index, fresh);
    return fresh;
  };

  const follow = async (client: Client, check: StreamCheck) => {
    const until = performance.now() + 120_000;
    while (!check.done && performance.now() < until) {
      counts.streams++;
      await client
        .read(check.job, { lastId: check.lastId, onFrame: (frame) => check.frame(frame) })
        .catch(() => Bun.sleep(200));
    }
    if (!check.done) check.gaveUp(120_000);
  };

  const checkBatch = async (batch: readonly Finished[]) => {
    violations.push(...batch.flatMap(({ check }) => check.violations));
    violations.push(...(await checkRows(stack.services.postgres.url, batch)));
  };

  const send = async () => {
    const number = next++;
    const question = questions[number % questions.length] ?? "";
    const sender = await person(number % people).catch(() => undefined);
    const job = await sender?.client.send(sender.chat, question).catch(() => undefined);
    if (!sender || job === undefined) return void counts.refused++;
    counts.sent++;
    const check = new StreamCheck(job);
    await follow(sender.client, check);
    if (check.done) counts.ended++;
    if (check.done?.data["status"] === "completed") counts.completed++;
    counts.tokens += Number(resultOf(check.done)["tokens"] ?? 0);
    unchecked.push({ check, question, chat: sender.chat });
    if (unchecked.length >= checkEvery) await checkBatch(unchecked.splice(0));
  };

  return {
    counts,
    violations,
    one: async () => {
      const work = send();
      running.add(work);
      await work.finally(() => running.delete(work));
    },
    finish: async () => {
      while (running.size > 0) await Promise.allSettled(running);
      await checkBatch(unchecked);
      unchecked = [];
    },
  };
}
