import { openPostgres } from "../shared/clients/postgres.ts";
import { closeRedis, openRedis } from "../shared/clients/redis.ts";
import { createLog } from "../shared/log.ts";
import { type Finding, look } from "./doctor/finding.ts";
import {
  lookAtPostgres,
  lookAtProcess,
  lookAtPubsub,
  lookAtRabbitmq,
} from "./doctor/look-at-services.ts";
import { lookAtStreams } from "./doctor/look-at-streams.ts";
import { runCommand } from "./failure.ts";
import { readFlags } from "./flags.ts";
import { paint } from "./say.ts";
import { readTargets, type Targets } from "./targets.ts";

const usage = `
Usage: bun run doctor [--json]

Looks at every service and at what waits in it: topology, groups, lag, pending entries, dead letters, outbox,
overdue jobs, clocks, schema. Says what to do, changes nothing. Exits 1 when something is wrong.

  --json    for programs
  --help    this text

Looks at REDIS_STREAMS_URL, REDIS_PUBSUB_URL, RABBITMQ_URL and DATABASE_URL, or at the stack of this folder.`;

const quiet = createLog(() => {});

async function examine(targets: Targets): Promise<Finding[]> {
  const { streamsUrl, pubsubUrl, rabbitUrl, databaseUrl, stack } = targets;
  const streams = openRedis(streamsUrl, "doctor", "request", quiet);
  const pubsub = pubsubUrl ? openRedis(pubsubUrl, "doctor", "request", quiet) : undefined;
  const sql = databaseUrl ? openPostgres(databaseUrl, "doctor", 1) : undefined;
  const start = (what: string) => `start it: \`bun run up\`, or see .stack/logs/${what}.log`;
  const workers = stack?.admin.workers.map((url, i) => [`worker-${i + 1}`, url] as const) ?? [];
  const fleet = stack
    ? [["gateway", stack.admin.gateway] as const, ["router", stack.admin.router] as const]
    : [];
  try {
    const looks = [
      ...[...fleet, ...workers].map(([name, url]) =>
        look(name, start(name), () => lookAtProcess(name, url)),
      ),
      look("redis streams", start("redis_streams"), () => lookAtStreams(streams)),
      ...(pubsub ? [look("redis pubsub", start("redis_pubsub"), () => lookAtPubsub(pubsub))] : []),
      ...(rabbitUrl ? [look("rabbitmq", start("rabbitmq"), () => lookAtRabbitmq(rabbitUrl))] : []),
      ...(sql ? [look("postgres", start("postgres"), () => lookAtPostgres(sql))] : []),
    ];
    return (await Promise.all(looks)).flat();
  } finally {
    await Promise.all([
      closeRedis(streams),
      pubsub && closeRedis(pubsub),
      sql?.end({ timeout: 1 }).catch(() => {}),
    ]);
  }
}

const marks = {
  good: () => paint("green", "good"),
  note: () => paint("yellow", "note"),
  trouble: () => paint("red", "BAD "),
} as const;

await runCommand(async () => {
  const flags = readFlags(usage, { json: { type: "boolean", default: false } });
  const findings = await examine(readTargets(process.env));
  const bad = findings.filter(({ state }) => state === "trouble").length;
  if (flags.json) console.log(JSON.stringify(findings, null, 2));
  else {
    const width = Math.max(...findings.map(({ what }) => what.length));
    for (const { what, state, says, advice } of findings) {
      console.log(`${marks[state]()}  ${what.padEnd(width)}  ${says}`);
      if (advice !== undefined && state !== "good")
        console.log(`      ${" ".repeat(width)}→ ${advice}`);
    }
    console.log(bad === 0 ? "\nnothing is wrong" : `\n${bad} to look at`);
  }
  return bad === 0 ? 0 : 1;
});
