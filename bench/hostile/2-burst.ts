import { percentile } from "../figures.ts";
import type { BenchFigure } from "../figures/figure.ts";
import { quota } from "../../shared/limits.ts";
import { sendBurst } from "../load/burst.ts";
import { inTurns, invite, messageOf, type Person, streamOf } from "../load/fleet.ts";

const posts = 5000;
const people = 100;
/** Of each person: messages of one chat wait for each other. */
const chatsEach = 5;
const pace = { think: 200, rate: 100, tokens: 20 };

/** A person's POST as it goes over the wire. */
async function requestOf({ client, chat }: Person): Promise<string> {
  const body = JSON.stringify(messageOf(pace));
  return [
    `POST /api/v1/chat/${chat}/messages HTTP/1.1`,
    "Host: 127.0.0.1",
    `Authorization: Bearer ${await client.bearer()}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

/** More messages in a second than the fleet takes: each is refused in words, or answered to its end. */
export const burst: BenchFigure = {
  number: 2,
  title: "5,000 POSTs in one second",
  async run(bench) {
    const fleet = await bench.fleet({
      workers: 1,
      // the limits as they are in production
      env: {
        LIMIT_MESSAGES_PER_MINUTE: String(quota.messagesPerMinute),
        LIMIT_JOBS_AT_ONCE: String(quota.jobsAtOnce),
      },
    });
    const readers = bench.readers();
    const crowd = await invite(fleet, bench.size(people));
    const senders = (
      await inTurns(crowd, 32, async ({ client }) => {
        const chats = await Promise.all(
          Array.from({ length: chatsEach }, () => client.createChat()),
        );
        return chats.map((chat) => ({ client, chat }));
      })
    ).flat();
    const count = bench.size(posts);
    const order = Array.from({ length: count }, (_, i) => senders[i % senders.length]).filter(
      (one) => one !== undefined,
    );
    const texts = await inTurns(order, 64, requestOf);
    const port = Number(new URL(fleet.file().base_url).port);
    const { sentMs, answers } = await sendBurst(port, texts, 1000);
    const accepted = answers.flatMap((answer, i) => {
      const person = order[i];
      const isAccepted = answer && person && answer.status >= 200 && answer.status < 300;
      if (!isAccepted) return [];
      return [{ person, job: (JSON.parse(answer.body) as { job_id: string }).job_id }];
    });
    const refused = answers.filter((answer) => answer?.status === 429);
    const unsaid = refused.filter((answer) => !/^retry-after: \d/im.test(answer?.head ?? ""));
    const other = answers.length - accepted.length - refused.length;
    bench.say(`${accepted.length} accepted, ${refused.length} refused, ${other} neither`);
    const startedAt = performance.now();
    readers.open(await inTurns(accepted, 64, ({ person, job }) => streamOf(fleet, person, job)));
    const told = await readers.until("every ending", (now) => now.done >= accepted.length, 300_000);
    if (told.wrong.length > 0) throw new Error(told.wrong[0]);
    const took = answers.map((answer) => answer?.tookMs ?? Number.NaN);
    return {
      rows: [
        { name: "POSTs", value: answers.length, unit: "" },
        { name: "sending them took", value: sentMs / 1000, unit: "s" },
        { name: "accepted", value: accepted.length, unit: "" },
        { name: "refused with 429", value: refused.length, unit: "" },
        { name: "neither, or without an answer", value: other, unit: "", atMost: 0 },
        {
          name: "429 that does not say when to come back",
          value: unsaid.length,
          unit: "",
          atMost: 0,
        },
        {
          name: "accepted that came to their ending",
          value: (100 * told.done) / accepted.length,
          unit: "%",
          atLeast: 100,
        },
        {
          name: "the last ending, after the burst",
          value: (performance.now() - startedAt) / 1000,
          unit: "s",
        },
        { name: "time to the answer, p50", value: percentile(took, 0.5), unit: "ms" },
        { name: "time to the answer, p95", value: percentile(took, 0.95), unit: "ms" },
      ],
      charts: [],
      notes: [
        `${crowd.length} people with ${chatsEach + 1} chats each and the limits of production (${quota.messagesPerMinute} messages a minute, ` +
          `${quota.jobsAtOnce} jobs at once); a connection for each POST, sent whether or not the ones before were answered. ` +
          "Every answer's text was compared with its hash.",
      ],
    };
  },
};
