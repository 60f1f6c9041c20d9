import { Client } from "../../tests/client.ts";
import { startStack, type StackFile } from "../../tests/stack.ts";
import { startPart } from "./child.ts";
import type { OpenOrder } from "./readers.ts";

/** How an answer comes: think this long (ms), then so many tokens at so many a second. */
export interface Pace {
  readonly think: number;
  readonly rate: number;
  readonly tokens: number;
  /** Characters of each, known beforehand (`plain.ts`); else each has the time it was made. */
  readonly chars?: number;
  /** Every byte of the model's wire is a write of its own. */
  readonly isBytewise?: boolean;
}

export interface Person {
  readonly client: Client;
  readonly chat: string;
}

/** Limits of single people are other tests' matter. */
const generous = {
  LIMIT_MESSAGES_PER_MINUTE: "100000",
  LIMIT_JOBS_AT_ONCE: "1000",
  LIMIT_STREAMS_AT_ONCE: "10000",
  LIMIT_STREAM_OPENS_PER_SECOND: "10000",
  LIMIT_ADDRESS_REQUESTS_PER_SECOND: "100000",
};

export interface FleetOptions {
  readonly workers?: number;
  readonly concurrency?: number;
  /** Put before what a fleet of the benchmarks is told by itself. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The fleet as `up` starts it, answered by the paced model. */
export async function startFleet(options: FleetOptions = {}) {
  const { workers = 1, concurrency = 1000, env = {} } = options;
  const model = await startPart("load/paced-model.ts");
  const stack = await startStack(["--workers", String(workers)], {
    ...generous,
    OPENAI_BASE_URL: `http://127.0.0.1:${model.port}`,
    CHAT_DEFAULT_MODEL: "openai/think=0,rate=50,tokens=200",
    CHAT_WORKER_CONCURRENCY: String(concurrency),
    LOG_LEVEL: "warn",
    ...env,
  }).catch(async (cause: unknown) => {
    await model.stop();
    throw cause;
  });
  return {
    file: (): StackFile => stack.file(),
    modelPid: model.pid,
    async stop() {
      await stack.stop();
      await model.stop();
    },
  };
}
export type Fleet = Awaited<ReturnType<typeof startFleet>>;

/** So many at a time: a test client must not be the crowd that breaks in. */
export async function inTurns<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const go = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await work(item, at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, go));
  return results;
}

/** People with a chat each. */
export function invite(fleet: Fleet, count: number): Promise<Person[]> {
  const nobody = Array.from({ length: count }, (_, i) => i);
  return inTurns(nobody, 32, async () => {
    const client = new Client(fleet.file());
    return { client, chat: await client.createChat() };
  });
}

let asked = 0;
/** No two questions are the same: nothing of one is remembered for another. */
export async function ask({ client, chat }: Person, pace: Pace): Promise<string> {
  const { message, model } = messageOf(pace);
  return client.send(chat, message, { model });
}

/** What to send for an answer of this pace. */
export function messageOf({ think, rate, tokens, chars, isBytewise }: Pace) {
  asked += 1;
  const shape = [
    ...(chars === undefined ? [] : [`chars=${chars}`]),
    ...(isBytewise ? ["bytewise=1"] : []),
  ];
  const model = [`openai/think=${think}`, `rate=${rate}`, `tokens=${tokens}`, ...shape].join(",");
  return { message: `페트병 ${asked}개는 어떻게 버려?`, model };
}

/** What a reader process needs to open this job's stream. */
export async function streamOf(
  fleet: Fleet,
  { client }: Person,
  job: string,
  lastId?: string,
): Promise<OpenOrder> {
  const port = Number(new URL(fleet.file().base_url).port);
  const lines = [
    `GET /api/v1/chat/${job}/events HTTP/1.1`,
    "Host: 127.0.0.1",
    `Authorization: Bearer ${await client.bearer()}`,
    ...(lastId === undefined ? [] : [`Last-Event-ID: ${lastId}`]),
  ];
  return { name: job, port, head: lines.join("\r\n") };
}
