import { percentile } from "../figures.ts";
import type { Bench, BenchFigure, Row } from "../figures/figure.ts";
import { ask, invite, type Person } from "../load/fleet.ts";
import { type Point, tellBend } from "./bend.ts";
import { fillChat, onDatabase } from "./rows.ts";

const steps = [10, 100, 1000, 10_000];
/** Chats of each length: a turn whose memory must be rebuilt happens once in each. */
const chats = 12;
const reads = 200;
const pace = { think: 0, rate: 200, tokens: 5 };

interface Page {
  readonly messages: readonly unknown[];
  readonly next_cursor: string | null;
}

/** How long one page takes, of these chats by turns. */
async function pageTimes(
  people: readonly Person[],
  count: number,
  cursors: readonly (string | null)[] = [],
) {
  const took: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = i % people.length;
    const person = people[at];
    if (!person) continue;
    const cursor = cursors[at];
    const startedAt = performance.now();
    const { messages } = await person.client.json<Page>(
      `/api/v1/chat/${person.chat}${cursor ? `?cursor=${cursor}` : ""}`,
    );
    took.push(performance.now() - startedAt);
    if (messages.length === 0) throw new Error("a page without messages");
  }
  return took;
}

/** From the POST to the first token, and to the POST's own answer. */
async function turn(person: Person): Promise<{ postMs: number; firstMs: number }> {
  const sentAt = performance.now();
  const job = await ask(person, pace);
  const postMs = performance.now() - sentAt;
  let firstMs = Number.NaN;
  const { done, text } = await person.client.read(job, {
    onFrame: ({ event }) => {
      if (event.startsWith("token") && Number.isNaN(firstMs)) firstMs = performance.now() - sentAt;
    },
  });
  const result = done?.data["result"] as { answer?: string } | undefined;
  if (done?.data["status"] !== "completed" || (text !== "" && text !== result?.answer))
    throw new Error(`${job}: its text is not the answer`);
  return { postMs, firstMs: Number.isNaN(firstMs) ? performance.now() - sentAt : firstMs };
}

async function ofLength(bench: Bench, people: readonly Person[], length: number) {
  const fleet = await bench.fleet();
  await onDatabase(fleet, async (sql) => {
    for (const { chat } of people) await fillChat(sql, chat, length);
    await sql`analyze chat.messages`;
  });
  const count = bench.size(reads);
  await pageTimes(people, people.length);
  const newest = await pageTimes(people, count);
  // a place in the middle, where an index helps and an offset would not
  const middle = await Promise.all(
    people.map(async ({ client, chat }) => {
      const at = new Date(Date.now() - (length / 2) * 60_000).toISOString();
      return (await client.json<Page>(`/api/v1/chat/${chat}?limit=1&cursor=${at}`)).next_cursor;
    }),
  );
  const deep = await pageTimes(people, count, middle);
  const [cold, warm] = [[], []] as [number[], number[]];
  const posts: number[] = [];
  for (const person of people) cold.push((await turn(person)).firstMs);
  for (let round = 0; round < 2; round++)
    for (const person of people) {
      const { postMs, firstMs } = await turn(person);
      warm.push(firstMs);
      posts.push(postMs);
    }
  return { newest, deep, cold, warm, posts };
}

/** Long chats: a page of them, and a turn that knows them. */
export const historyLength: BenchFigure = {
  number: 4,
  title: "Length of a chat, 10 to 10,000 messages",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const warmUp = await invite(fleet, 3);
    for (const person of warmUp) await turn(person);
    const series = new Map<string, Point[]>();
    const rows: Row[] = [];
    for (const length of steps) {
      const people = await invite(fleet, Math.max(2, bench.size(chats)));
      const took = await ofLength(bench, people, length);
      const named = {
        "newest page": took.newest,
        "a page in the middle": took.deep,
        "first token, memory rebuilt from rows": took.cold,
        "first token, memory there": took.warm,
        "POST accepted": took.posts,
      };
      for (const [name, samples] of Object.entries(named)) {
        const p95 = percentile(samples, 0.95);
        series.set(name, [...(series.get(name) ?? []), [length, p95]]);
        rows.push({ name: `${length} messages: ${name}, p95`, value: p95, unit: "ms" });
      }
      bench.say(`${length} messages: page p95 ${percentile(took.newest, 0.95).toFixed(1)} ms`);
    }
    const all = [...series].map(([name, points]) => ({ name, points }));
    return {
      rows,
      charts: [
        {
          title: "A page of the history, p95",
          x: "messages",
          isLogX: true,
          y: "ms",
          series: all.slice(0, 2),
        },
        { title: "A turn, p95", x: "messages", isLogX: true, y: "ms", series: all.slice(2) },
      ],
      notes: [
        ...all.map(({ name, points }) => tellBend(`${name}, p95`, "ms", "messages", points)),
        "A page is an index range of `limit` rows from a cursor, at whatever depth. A turn reads its memory from the checkpoint, or " +
          "the 20 newest rows where there is none (`memory.rebuildMessages`), so the length behind them is never read. What grows " +
          "with the turns of a chat is its checkpoint, until `compress` puts a summary in place of the oldest: that is bounded by the " +
          "model's window.",
      ],
    };
  },
};
