import type { Rig } from "./rig.ts";
import { onPostgres, onRedis } from "./stores.ts";

/** What a look may take: the stores may be what is broken. */
const lookMs = 5000;
const linesShown = 40;

/** Everything that tells why a job has no ending: its record, its log, its message, its rows, who spoke of it. */
export async function explain(
  rig: Pick<Rig, "urls" | "rabbitmqctl" | "logLines">,
  job: string,
): Promise<string> {
  const looks = {
    "job store": () =>
      onRedis(rig.urls.redis_streams, async (redis) => {
        const { message: _, ...record } = await redis.hgetall(`chat:job:${job}`);
        const newest = await redis.xrevrange(`chat:tokens:${job}`, "+", "-", "COUNT", 3);
        return {
          record,
          turns: await redis.lrange(`chat:turns:${record["chat_id"] ?? ""}`, 0, -1),
          log: newest.map(([id, fields]) => `${id} ${fields[1] ?? ""}`),
          entries: await redis.xlen(`chat:tokens:${job}`),
          hasState: (await redis.exists(`chat:state:${job}`)) === 1,
          deadline: await redis.zscore("chat:deadlines", job),
          relayed: await redis.get(`chat:published:${job}`),
          now: await redis.time(),
        };
      }),
    "job queue": () =>
      rig.rabbitmqctl(
        "-q",
        "list_queues",
        "name",
        "messages_ready",
        "messages_unacknowledged",
        "consumers",
      ),
    rows: () =>
      onPostgres(
        rig.urls.postgres,
        (sql) => sql`select role, created_at from chat.messages where job_id = ${job}`,
      ),
    "log lines": async () => rig.logLines(job).slice(-linesShown),
  };
  const told = Object.entries(looks).map(async ([name, look]) => {
    const late = Bun.sleep(lookMs).then(() => "no answer in time");
    const found = await Promise.race([look(), late]).catch((cause: unknown) => String(cause));
    return `${name}: ${typeof found === "string" ? found : JSON.stringify(found, null, 1)}`;
  });
  return (await Promise.all(told)).join("\n");
}
