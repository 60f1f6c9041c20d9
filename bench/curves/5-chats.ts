import { Client } from "../../tests/client.ts";
import { percentile } from "../figures.ts";
import type { BenchFigure, Row } from "../figures/figure.ts";
import { type Point, tellBend } from "./bend.ts";
import { fillChats, onDatabase } from "./rows.ts";

const steps = [10, 100, 1000, 10_000, 100_000];
const reads = 300;

interface List {
  readonly chats: readonly unknown[];
  readonly next_cursor: string | null;
}

/** People with more and more chats, all in one table. */
export const chatsOfAUser: BenchFigure = {
  number: 5,
  title: "Chats of one user, 10 to 100,000",
  async run(bench) {
    const fleet = await bench.fleet({ workers: 1 });
    const clients = await onDatabase(fleet, async (sql) => {
      const made = [];
      for (const count of steps) {
        const client = new Client(fleet.file());
        await fillChats(sql, client.user, count);
        made.push({ client, count });
      }
      await sql`analyze chat.conversations`;
      return made;
    });
    const [first, deep]: [Point[], Point[]] = [[], []];
    const rows: Row[] = [];
    for (const { client, count } of clients) {
      const timesOf = async (path: string) => {
        const took: number[] = [];
        for (let i = 0; i < bench.size(reads); i++) {
          const startedAt = performance.now();
          const { chats } = await client.json<List>(path);
          took.push(performance.now() - startedAt);
          if (chats.length === 0) throw new Error("a list without chats");
        }
        return percentile(took.slice(Math.floor(took.length / 10)), 0.95);
      };
      const middle = new Date(Date.now() - (count / 2) * 60_000).toISOString();
      const p95 = await timesOf("/api/v1/chat");
      const p95Deep = await timesOf(`/api/v1/chat?cursor=${middle}`);
      first.push([count, p95]);
      deep.push([count, p95Deep]);
      rows.push(
        { name: `${count} chats: first page, p95`, value: p95, unit: "ms" },
        { name: `${count} chats: a page in the middle, p95`, value: p95Deep, unit: "ms" },
      );
      bench.say(`${count} chats: p95 ${p95.toFixed(1)} ms, in the middle ${p95Deep.toFixed(1)} ms`);
    }
    return {
      rows,
      charts: [
        {
          title: "A page of the list, p95",
          x: "chats",
          isLogX: true,
          y: "ms",
          series: [
            { name: "first page", points: first },
            { name: "in the middle", points: deep },
          ],
        },
      ],
      notes: [
        tellBend("First page, p95", "ms", "chats", first),
        tellBend("A page in the middle, p95", "ms", "chats", deep),
        "The index holds the list's own order for each user (`conversations_by_user`), and a cursor is a place in it: a page costs its " +
          "rows, and one step more of the index for every hundredfold of chats.",
      ],
    };
  },
};
