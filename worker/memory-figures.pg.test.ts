import { expect, test } from "bun:test";
import { systemClock as clock } from "../shared/clock.ts";
import { bound } from "../shared/testing/bound.ts";
import { describeWith } from "../shared/testing/services.ts";
import { buildAgent } from "./graph/graph.ts";
import { createTools } from "./graph/tools.ts";
import { memoryRig } from "./testing/memory-rig.ts";
import { quietRun } from "./testing/quiet-run.ts";

const percentile = (all: readonly number[], share: number) =>
  all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) * share)] ?? NaN;
const spread = (all: readonly number[]) =>
  `p50 ${percentile(all, 0.5).toFixed(2)} ms  p95 ${percentile(all, 0.95).toFixed(2)} ms`;

/** Bounds are loose here: other tests run beside this one. The printed figures are what counts. */
describeWith("redis", "postgres")("what memory costs", () => {
  const rig = memoryRig();
  const questions = ["페트병 어떻게 버려?", "그럼 뚜껑은?", "종이 버리는 법이랑 수거함도 알려줘"];

  test("a warm read of a chat of ten turns", async () => {
    const chat = rig.newChat();
    for (let i = 0; i < 10; i++) await chat.say(questions[i % 3] ?? "");
    const { saver } = rig.worker.memory;
    const config = { configurable: { thread_id: chat.session_id } };
    const took: number[] = [];
    for (let i = 0; i < 700; i++) {
      const at = performance.now();
      await saver.getTuple(config);
      if (i >= 200) took.push(performance.now() - at);
    }
    const bytes = JSON.stringify(await saver.get(config)).length;
    console.log(`checkpoint read, warm, ${bytes} characters: ${spread(took)}`);
    await rig.worker.sync.drain();
    const cold: number[] = [];
    for (let i = 0; i < 30; i++) {
      await saver.discardCached(chat.session_id);
      const at = performance.now();
      await saver.getTuple(config);
      cold.push(performance.now() - at);
    }
    console.log(`checkpoint read through from PostgreSQL: ${spread(cold)}`);
    expect(percentile(took, 0.5)).toBeLessThan(bound(5));
  });

  test("a run with and without memory", async () => {
    const tools = createTools(clock);
    const agents = { "no memory": buildAgent(tools), memory: buildAgent(tools, rig.worker.memory) };
    for (const [name, agent] of Object.entries(agents)) {
      for (const message of ["안녕", "페트병 어떻게 버려?"]) {
        const took: number[] = [];
        let cpuMs = 0;
        const runs = 60;
        for (let i = 0; i < runs + 30; i++) {
          const chat = rig.newChat();
          const job = await chat.accept(message);
          const { attempt } = await rig.begin(job);
          const run = quietRun({ job, attempt, modelName: "local" });
          if (i === 30) await Bun.sleep(0);
          const cpu = process.cpuUsage();
          const at = performance.now();
          await agent(run);
          if (i < 30) continue;
          const used = process.cpuUsage(cpu);
          cpuMs += (used.user + used.system) / 1000;
          took.push(performance.now() - at);
        }
        console.log(
          `${name}, ${message}: cpu ${(cpuMs / runs).toFixed(2)} ms a run, ${spread(took)}`,
        );
      }
    }
  });
});
