import { ask, type Fleet, invite, type Person, streamOf } from "../load/fleet.ts";
import { drive } from "../load/drive.ts";
import type { Readers, Told } from "../load/reader-pool.ts";
import { watchStored } from "./stored.ts";

/** Tokens of an answer: with some 450 under way, each lasts 15 s at 18,000 tokens/s. */
const tokens = 600;
const atOnce = 450;
/** A slow load has fewer answers at once: none may last longer than a job may. */
const leastPace = 20;
const patienceMs = 180_000;
/** More than answer at once: a chat's messages wait for each other. */
const people = 700;
/** Then a new chat: a chat remembers what was said, and its memory is not what is looked at. */
const messagesPerChat = 3;

export interface SoakWish {
  readonly minutes: number;
  /** Tokens/s of the whole fleet. */
  readonly rate: number;
  readonly workers: number;
}

export interface SoakCounts {
  sent: number;
  refused: number;
  ended: number;
  readonly flaws: string[];
  /** Tokens' p95 of each minute. */
  readonly p95s: [minute: number, ms: number][];
}

/** Answers begin evenly in time, each read to its end and compared with its rows. Resolves when all are over. */
export async function soakLoad(
  fleet: Fleet,
  readers: Readers,
  { minutes, rate }: SoakWish,
  say: (fact: string) => void,
) {
  const counts: SoakCounts = { sent: 0, refused: 0, ended: 0, flaws: [], p95s: [] };
  const stored = watchStored(fleet.file().services.postgres.url);
  const pace = { think: 1000, rate: Math.max(leastPace, rate / atOnce), tokens };
  const crowd = (await invite(fleet, people)).map((person) => ({ person, left: messagesPerChat }));
  let next = 0;
  const sending = new Set<Promise<void>>();
  const send = async () => {
    const seat = crowd[next++ % crowd.length];
    if (!seat) return;
    try {
      if (seat.left-- === 0) {
        const { client } = seat.person;
        const fresh: Person = { client, chat: await client.createChat() };
        Object.assign(seat, { person: fresh, left: messagesPerChat - 1 });
      }
      const { person } = seat;
      const job = await ask(person, pace);
      counts.sent += 1;
      readers.open([await streamOf(fleet, person, job)]);
    } catch (cause) {
      counts.refused += 1;
      if (counts.flaws.length < 50) counts.flaws.push(String(cause));
    }
  };
  const take = (told: Told) => {
    for (const [job, , sha256] of told.ended) stored.ended(job, sha256);
    counts.ended += told.ended.length;
  };
  const startedAt = performance.now();
  let minute = 0;
  const look = async () => {
    const now = Math.floor((performance.now() - startedAt) / 60_000);
    const isNew = now > minute;
    const told = await readers.report(isNew);
    take(told);
    await stored.look();
    if (!isNew) return;
    minute = now;
    const p95 = told.ages.percentile(0.95);
    counts.p95s.push([minute, p95]);
    say(
      `${minute} min: ${counts.sent} sent, ${counts.ended} ended, ${counts.refused} refused, ` +
        `${counts.flaws.length + stored.flaws.length + told.wrongCount} flaws, ${Math.round(told.tokens / 60)} tokens/s, p95 ${p95.toFixed(1)} ms`,
    );
  };
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      await Bun.sleep(1000);
      await look();
    }
  })();
  const one = () => {
    const work = send();
    sending.add(work);
    void work.finally(() => sending.delete(work));
  };
  await Promise.race([drive(one, rate / tokens, startedAt + minutes * 60_000), looking]);
  await Promise.all(sending);
  isOver = true;
  await looking;
  const isAllOver = (now: Told) => {
    take(now);
    return now.done >= counts.sent;
  };
  await readers.until("every ending", isAllOver, patienceMs).catch((cause: unknown) => {
    counts.flaws.push(String(cause));
  });
  const told = await readers.report();
  take(told);
  await stored.finish();
  counts.flaws.push(...told.wrong, ...stored.flaws);
  const { ended } = counts;
  return {
    counts,
    rowsChecked: stored.checked(),
    books: { sent: counts.sent, ended, completed: ended, tokens: ended * tokens },
  };
}
