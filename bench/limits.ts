import { parseArgs } from "node:util";
import { Client } from "../tests/client.ts";
import { StreamCheck } from "../tests/faults/verify.ts";
import { startStack } from "../tests/stack.ts";
import { type Figure, isMet, table } from "./figures.ts";
import { rssMb } from "./memory.ts";
import { limitMemory, type MemoryLimit } from "./memory-limit.ts";

export const limitsUsage = `limits [--minutes 2]
          a gateway with 150 readers and a worker with 30 jobs, each under the memory limit its
          container has in production: peak memory, nothing killed, every event checked`;

/** Limits of the containers, in MiB: manifests/base. */
const limits = { gateway: 256, worker: 384 };
/** What a container of that size must carry: `manifests/` scales at these numbers. */
const [jobs, readersPerJob] = [30, 5];
/** So slow that all jobs run side by side most of the time. */
const paceMs = "40";

/** Returns undefined for wrong arguments. */
export function limitsArguments(args: string[]) {
  try {
    const { values } = parseArgs({ args, options: { minutes: { type: "string", default: "2" } } });
    const minutes = Number(values.minutes);
    return minutes > 0 && minutes <= 600 ? { minutes } : undefined;
  } catch {
    return undefined;
  }
}

/** True when both stayed under their limits and every reader got everything. */
export async function underLimits({ minutes }: { minutes: number }): Promise<boolean> {
  const stack = await startStack(["--workers", "1"], {
    CHAT_LOCAL_PACE_MS: paceMs,
    CHAT_WORKER_CONCURRENCY: String(jobs),
  });
  const made: MemoryLimit[] = [];
  const limited = (pid: number, limitMiB: number) => {
    const group = limitMemory(pid, limitMiB);
    if (group) made.push(group);
    return group;
  };
  try {
    const pids = () => ({
      gateway: stack.file().pids.gateway,
      worker: stack.file().pids.workers[0] ?? 0,
    });
    const before = pids();
    const groups = {
      gateway: limited(before.gateway, limits.gateway),
      worker: limited(before.worker, limits.worker),
    };
    if (!groups.gateway || !groups.worker) {
      console.log(
        "cgroups cannot be written here (root on Linux can): RSS is watched, not limited",
      );
    }
    const peaks = { gateway: 0, worker: 0 };
    let [running, mostRunning, checked] = [0, 0, 0];
    const violations: unknown[] = [];
    const timer = setInterval(() => {
      for (const name of ["gateway", "worker"] as const)
        peaks[name] = Math.max(peaks[name], rssMb(before[name]) ?? 0);
    }, 200);

    const read = async (client: Client, job: string) => {
      const check = new StreamCheck(job);
      while (!check.done)
        await client.read(job, { lastId: check.lastId, onFrame: (frame) => check.frame(frame) });
      violations.push(...check.violations);
      checked++;
    };
    const until = performance.now() + minutes * 60_000;
    const person = async () => {
      const client = new Client(stack.file());
      const chat = await client.createChat();
      while (performance.now() < until) {
        const job = await client.send(chat, "종이 버리는 법이랑 수거함도 알려줘");
        mostRunning = Math.max(mostRunning, ++running);
        await Promise.all(Array.from({ length: readersPerJob }, () => read(client, job)));
        running--;
      }
    };
    await Promise.all(Array.from({ length: jobs }, person));
    clearInterval(timer);
    const after = pids();
    const isSame = after.gateway === before.gateway && after.worker === before.worker;
    const figures: Figure[] = [
      { name: "jobs at once", value: mostRunning, unit: "", bar: undefined },
      { name: "readers at once", value: mostRunning * readersPerJob, unit: "", bar: undefined },
      ...(["gateway", "worker"] as const).flatMap((name): Figure[] => {
        const group = groups[name];
        return [
          { name: `${name} RSS, peak`, value: peaks[name], unit: "MiB", bar: limits[name] },
          ...(group
            ? [
                {
                  name: `${name} cgroup, peak`,
                  value: group.peakMiB(),
                  unit: "MiB",
                  bar: limits[name],
                },
                { name: `${name} ended by the kernel`, value: group.kills(), unit: "", bar: 0 },
              ]
            : []),
        ];
      }),
    ];
    console.log(table(figures));
    console.log(`${checked} readings checked, ${violations.length} flaws`);
    if (!isSame) console.log("a process was replaced meanwhile");
    return isSame && violations.length === 0 && figures.every(isMet);
  } finally {
    await stack.stop();
    for (const group of made) group.remove();
  }
}
