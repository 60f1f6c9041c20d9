import postgres from "postgres";
import { Client, resultOf } from "../tests/client.ts";
import { startStack } from "../tests/stack.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";
import { rssMb } from "./memory.ts";

const rounds = 40;
const questions = [
  "페트병 어떻게 버려?",
  "보조배터리는?",
  "종이 버리는 법이랑 수거함도 알려줘",
  "안녕!",
];

/** One question on an idle fleet. Throws when the answer is not what the reader holds. */
async function ask(client: Client, sql: postgres.Sql, chat: string, message: string) {
  const sentAt = performance.now();
  const job = await client.send(chat, message);
  const acceptedAt = performance.now();
  let firstTokenAt = 0;
  const reading = await client.read(job, {
    until: (frame) => {
      if (firstTokenAt === 0 && frame.event.startsWith("token")) firstTokenAt = performance.now();
      return false;
    },
  });
  const doneAt = performance.now();
  const answer = String(resultOf(reading.done)["answer"]);
  if (reading.text !== "" && reading.text !== answer)
    throw new Error(`${job}: text is not the answer`);
  if (reading.done?.data["status"] !== "completed") throw new Error(`${job} did not complete`);
  for (;;) {
    const rows = await sql`select 1 from chat.messages where job_id = ${job}`;
    if (rows.length === 2) break;
    if (performance.now() - doneAt > 10_000) throw new Error(`${job}: rows did not come`);
    await Bun.sleep(5);
  }
  return {
    postMs: acceptedAt - sentAt,
    // a reader that comes after the end gets the answer whole, without tokens
    firstTokenMs: (firstTokenAt || doneAt) - acceptedAt,
    rowsMs: performance.now() - doneAt,
  };
}

/** Start-up, latency and memory of an idle fleet. True when every bar is met. */
export async function smoke(): Promise<boolean> {
  const startedAt = performance.now();
  const stack = await startStack();
  const upSeconds = (performance.now() - startedAt) / 1000;
  try {
    const file = stack.file();
    const sql = postgres(file.services.postgres.url, { max: 1, onnotice: () => {} });
    const idle = {
      gateway: rssMb(file.pids.gateway),
      router: rssMb(file.pids.router),
      worker: rssMb(file.pids.workers[0] ?? 0),
    };
    const client = new Client(file);
    const samples = [];
    for (let i = 0; i < rounds; i++) {
      const question = questions[i % questions.length] ?? "";
      samples.push(await ask(client, sql, await client.createChat(), question));
    }
    await sql.end();
    const memory = Object.entries(idle).flatMap(([name, value]): Figure[] =>
      value === undefined
        ? []
        : [{ name: `${name} RSS, idle`, value, unit: "MB", bar: name === "worker" ? 120 : 60 }],
    );
    const figures: Figure[] = [
      { name: "up to ready", value: upSeconds, unit: "s", bar: 15 },
      {
        name: "POST message p95",
        value: percentile(
          samples.map((s) => s.postMs),
          0.95,
        ),
        unit: "ms",
        bar: 20,
      },
      {
        name: "first token after POST p95",
        value: percentile(
          samples.map((s) => s.firstTokenMs),
          0.95,
        ),
        unit: "ms",
        bar: 150,
      },
      {
        name: "rows after done p95",
        value: percentile(
          samples.map((s) => s.rowsMs),
          0.95,
        ),
        unit: "ms",
        bar: 1000,
      },
      ...memory,
    ];
    console.log(`${rounds} answers, each checked against its stream and its rows\n`);
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    await stack.stop();
  }
}
