// A relay replica as a process of its own, for tests that kill and freeze it. Argument: RelayArgs as JSON.
import type { QueueNames } from "../shared/contract/topology.ts";
import { createLog } from "../shared/log.ts";
import { closeInOrder, runUntilSignal } from "../shared/shutdown.ts";
import { createMetrics } from "./metrics.ts";
import { startRelay } from "./roles.ts";

export interface ReplicaArgs {
  readonly streamsUrl: string;
  readonly pubsubUrl: string;
  readonly rabbitUrl: string;
  readonly instance: string;
  readonly names: QueueNames;
}

if (import.meta.main) {
  const args = JSON.parse(process.argv[2] ?? "") as ReplicaArgs;
  const log = createLog((line) => void process.stdout.write(`${line}\n`)).with({
    instance: args.instance,
  });
  const stop = new AbortController();
  const role = await startRelay({ ...args, metrics: createMetrics(), log, signal: stop.signal });
  const loops = Object.values(role.loops);
  log.info("started");
  const close = closeInOrder(log, [
    { loops: () => (stop.abort(), Promise.allSettled(loops)) },
    ...role.phases,
  ]);
  process.exitCode = await runUntilSignal(loops, close, log);
}
