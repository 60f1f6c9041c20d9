import { startPart, type Started } from "../load/child.ts";
import type { OpenOrder } from "../load/readers.ts";

interface Stores {
  readonly streamsUrl: string;
  readonly pubsubUrl: string;
}

/** A pipe of the fleet's own parts (same Redis, same runtime, a process each) without any of its promises. */
export async function startFloor({ streamsUrl, pubsubUrl }: Stores) {
  const relay = await startPart("floor/relay.ts", [streamsUrl, pubsubUrl]);
  const gateway = await startPart("floor/serve.ts", [pubsubUrl]);
  let run = 0;
  return {
    pids: [relay.pid, gateway.pid],
    /** Names of new answers and how to read them. */
    answers(count: number): { jobs: string[]; streams: OpenOrder[] } {
      run += 1;
      const jobs = Array.from({ length: count }, (_, i) => `${run}-${i}`);
      const head = (job: string) => `GET /${job} HTTP/1.1\r\nHost: 127.0.0.1`;
      return {
        jobs,
        streams: jobs.map((job) => ({ name: job, port: gateway.port, head: head(job) })),
      };
    },
    produce: (jobs: readonly string[], rate: number, tokens: number): Promise<Started> =>
      startPart("floor/produce.ts", [
        streamsUrl,
        JSON.stringify(jobs),
        String(rate),
        String(tokens),
      ]),
    async stop() {
      await gateway.stop();
      await relay.stop();
    },
  };
}
export type Floor = Awaited<ReturnType<typeof startFloor>>;
