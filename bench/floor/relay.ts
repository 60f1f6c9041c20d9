// The bare pipe's router: group read, one Lua call for the batch, one PUBLISH for each job in it.
// Arguments: URL of the streams, URL of the pub/sub. Prints 0 when it listens.
import { Redis } from "ioredis";
import { floorKeys, floorShards } from "./keys.ts";

const [streamsUrl = "", pubsubUrl = ""] = process.argv.slice(2);
const reading = new Redis(streamsUrl);
const store = new Redis(streamsUrl);
const pubsub = new Redis(pubsubUrl);
const shards = Array.from({ length: floorShards }, (_, i) => floorKeys.shard(i));
for (const shard of shards) {
  await store.del(shard);
  await store.xgroup("CREATE", shard, floorKeys.group, "$", "MKSTREAM");
}
/** Marks each job's last id, as a relay must to be repeatable. */
const mark = await store.script(
  "LOAD",
  "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i], 'EX', 120) end return #KEYS",
);
console.log(0);

type Read = [stream: string, entries: [id: string, fields: string[]][]][];
for (;;) {
  const read = (await reading.xreadgroup(
    "GROUP",
    floorKeys.group,
    "one",
    "COUNT",
    512,
    "BLOCK",
    500,
    "STREAMS",
    ...shards,
    ...shards.map(() => ">"),
  )) as Read | null;
  if (!read) continue;
  const frames = new Map<string, { text: string; last: string }>();
  const acks = store.pipeline();
  for (const [shard, entries] of read) {
    for (const [, [, job = "", , id = "", , event = "", , data = ""]] of entries) {
      const held = frames.get(job)?.text ?? "";
      const text = `${held}id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
      frames.set(job, { text, last: id });
    }
    acks.xack(shard, floorKeys.group, ...entries.map(([id]) => id));
    acks.xtrim(shard, "MAXLEN", "~", 20_000);
  }
  const jobs = [...frames];
  await store.evalsha(
    String(mark),
    jobs.length,
    ...jobs.map(([job]) => floorKeys.published(job)),
    ...jobs.map(([, { last }]) => last),
  );
  const news = pubsub.pipeline();
  for (const [job, { text }] of jobs) news.publish(floorKeys.live(job), text);
  await Promise.all([news.exec(), acks.exec()]);
}
