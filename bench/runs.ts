import { buildAgent } from "../worker/graph/graph.ts";
import type { RunContext } from "../worker/graph/run-context.ts";
import { createTools } from "../worker/graph/tools.ts";
import { withCheckpointScripts, type CheckpointRedis } from "../worker/checkpoints/redis-store.ts";
import { CheckpointSaver } from "../worker/checkpoints/saver.ts";
import { createMemory } from "../worker/memory/memory.ts";
import { acceptJob, newJob, quiet } from "../worker/testing/jobs.ts";
import { openPostgres } from "../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { systemClock as clock } from "../shared/clock.ts";
import { recordFields, recordFromJob } from "../shared/job-record.ts";
import { type ScriptedRedis, take } from "../shared/scripts.ts";
import { Client } from "../tests/client.ts";
import { questions as asked } from "../tests/eval/questions.ts";
import { type RunningStack, startStack } from "../tests/stack.ts";
import { quietRun } from "../worker/testing/quiet-run.ts";
import { type Figure, isMet, percentile, table } from "./figures.ts";
import { rssMb } from "./memory.ts";
import { scrape } from "./scrape.ts";

const atOnce = 40;
const rounds = 3;
const warmRuns = 80;
const measuredRuns = 150;
const questions = [
  "페트병 어떻게 버려?",
  "종이 버리는 법이랑 수거함도 알려줘",
  "안녕!",
  "그럼 뚜껑은?",
];

/** What the agent's runs cost: memory of many at once, CPU of one, checkpoint and retrieval. True when every bar is met. */
export async function runs(): Promise<boolean> {
  // tokens come slowly enough that all of them run at the same time
  const env = { CHAT_WORKER_CONCURRENCY: String(atOnce), CHAT_LOCAL_PACE_MS: "25" };
  const stack = await startStack(["--workers", "1"], env);
  try {
    const figures = [...(await manyAtOnce(stack)), ...(await oneByOne(stack)), ...retrieval()];
    console.log(table(figures));
    return figures.every(isMet);
  } finally {
    await stack.stop();
  }
}

/** As many runs in one worker as it may hold, some rounds of them; the largest memory seen. */
async function manyAtOnce(stack: RunningStack): Promise<Figure[]> {
  const file = stack.file() as ReturnType<RunningStack["file"]> & {
    admin: { workers: string[] };
  };
  const [pid = 0] = file.pids.workers;
  const idle = rssMb(pid) ?? 0;
  let [largest, running, isDone] = [0, 0, false];
  const watching = (async () => {
    while (!isDone) {
      largest = Math.max(largest, rssMb(pid) ?? 0);
      const seen = await scrape(file.admin.workers[0] ?? "");
      running = Math.max(running, seen.sum("chat_active_jobs"));
      await Bun.sleep(100);
    }
  })();
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      Array.from({ length: atOnce }, async (_, i) => {
        const client = new Client(file);
        const job = await client.send(
          await client.createChat(),
          questions[(i + round) % questions.length] ?? "",
        );
        const { done } = await client.read(job);
        if (done?.data["status"] !== "completed") throw new Error(`${job} did not complete`);
      }),
    );
  }
  isDone = true;
  await watching;
  return [
    { name: "worker RSS, idle", value: idle, unit: "MB", bar: undefined },
    { name: "runs at once, most seen", value: running, unit: "", bar: undefined },
    { name: `worker RSS, ${atOnce} runs at once`, value: largest, unit: "MB", bar: 300 },
  ];
}

/** Runs one after the other in this process, on real stores, with memory: all of a run's CPU, its nodes' included. */
async function oneByOne(stack: RunningStack): Promise<Figure[]> {
  const { services } = stack.file();
  const redis: ScriptedRedis = openRedis(services.redis_streams.url, "bench", "store", quiet);
  const cache = openRedis(services.redis_pubsub.url, "bench-cache", "request", quiet);
  const sql = openPostgres(services.postgres.url, "bench");
  try {
    const cp: CheckpointRedis & ScriptedRedis = Object.assign(cache, withCheckpointScripts(cache));
    const saver = new CheckpointSaver({ redis: cp, sql });
    const agent = buildAgent(createTools(clock), createMemory({ saver, streams: redis, sql }));
    const turn = async (
      chat: Pick<RunContext["job"], "session_id" | "user_id">,
      message: string,
    ) => {
      const job = newJob({ ...chat, message });
      await acceptJob(redis, job);
      const record = recordFields(recordFromJob(job));
      const { job_id: jobId, session_id: chatId } = job;
      const taken = await take(redis, { jobId, chatId, worker: "b", redelivered: false, record });
      if (taken.word !== "taken") throw new Error(taken.word);
      const run = quietRun({ job, attempt: taken.attempt, modelName: "local" });
      const [cpu, at] = [process.cpuUsage(), performance.now()];
      await agent(run);
      const { user, system } = process.cpuUsage(cpu);
      return { cpuMs: (user + system) / 1000, ms: performance.now() - at };
    };
    const figures: Figure[] = [];
    for (const message of ["안녕!", "페트병 어떻게 버려?", "종이 버리는 법이랑 수거함도 알려줘"]) {
      const spent: number[] = [];
      for (let i = 0; i < warmRuns + measuredRuns; i++) {
        const { session_id, user_id } = newJob();
        const { cpuMs } = await turn({ session_id, user_id }, message);
        if (i >= warmRuns) spent.push(cpuMs);
      }
      // everything a run costs, so more than what the graph adds to its nodes
      const name = `CPU of a whole run with memory, p50: ${message}`;
      figures.push({ name, value: percentile(spent, 0.5), unit: "ms", bar: 6 });
    }
    const reads = await checkpointReads(saver, turn);
    return [...figures, ...reads];
  } finally {
    await Promise.all([closeRedis(redis), closeRedis(cache), sql.end({ timeout: 2 })]);
  }
}

async function checkpointReads(
  saver: CheckpointSaver,
  turn: (
    chat: Pick<RunContext["job"], "session_id" | "user_id">,
    message: string,
  ) => Promise<unknown>,
): Promise<Figure[]> {
  // the turns of this chat are not told to end: each takes a chat of its own user, so one is enough
  const { session_id, user_id } = newJob();
  await turn({ session_id, user_id }, "종이 버리는 법이랑 수거함도 알려줘");
  const config = { configurable: { thread_id: session_id } };
  if (!(await saver.getTuple(config))) throw new Error("the run left no checkpoint");
  const took: number[] = [];
  for (let i = 0; i < 1500; i++) {
    const at = performance.now();
    await saver.getTuple(config);
    if (i >= 500) took.push(performance.now() - at);
  }
  return [
    { name: "checkpoint read, warm p50", value: percentile(took, 0.5), unit: "ms", bar: undefined },
    { name: "checkpoint read, warm p95", value: percentile(took, 0.95), unit: "ms", bar: 2 },
  ];
}

/** Every question of the question set, some times over. */
function retrieval(): Figure[] {
  const tools = createTools(clock);
  const took: number[] = [];
  for (let round = 0; round < 12; round++) {
    for (const { asks: message } of asked) {
      const at = performance.now();
      tools.retrieval.find(message);
      if (round >= 2) took.push(performance.now() - at);
    }
  }
  return [
    { name: "retrieval p50", value: percentile(took, 0.5), unit: "ms", bar: undefined },
    { name: "retrieval p95", value: percentile(took, 0.95), unit: "ms", bar: 2 },
  ];
}
