import postgres from "postgres";
import { Client, type Frame, type Reading } from "../client.ts";
import type { Rig } from "./rig.ts";
import { StreamCheck, type Violation } from "./verify.ts";

const questions = [
  "페트병 어떻게 버려?",
  "종이 버리는 법이랑 수거함도 알려줘",
  "보조배터리는 어떻게 버려?",
  "형광등 버리는 법 알려줘",
  "우유팩이랑 종이컵은 어디에 버려?",
];

/** Longest a job may take in a fault run before it counts as unended. */
const patienceMs = 120_000;

export interface Progress {
  /** performance.now() of the last log event each running stream saw. */
  readonly lastEventAt: ReadonlyMap<string, number>;
}

export interface Load {
  readonly progress: Progress;
  /** Called on every log event of a running stream. */
  onEvent(listener: (stream: string, at: number) => void): () => void;
  /** Called when a running stream's job ended, or was given up. */
  onEnd(listener: (stream: string) => void): () => void;
  readonly counts: { asked: number; ended: number; completed: number; resumed: number };
  readonly violations: Violation[];
  /** Lets running jobs end, checks rows, returns every violation. */
  finish(): Promise<Violation[]>;
}

/** A number from 0 to below 1 that a seed repeats. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function patiently<T>(attempt: () => Promise<T>, untilMs: number): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (performance.now() > untilMs) throw cause;
      await Bun.sleep(100);
    }
  }
}

/** `streams` people at once, each asking one thing after the other and checking every event. */
export function startLoad(rig: Rig, streams: number, random: () => number): Load {
  const lastEventAt = new Map<string, number>();
  const listeners = new Set<(stream: string, at: number) => void>();
  const endListeners = new Set<(stream: string) => void>();
  const counts = { asked: 0, ended: 0, completed: 0, resumed: 0 };
  const violations: Violation[] = [];
  const finished: { check: StreamCheck; question: string; chat: string }[] = [];
  let isOver = false;

  const target = {
    ...rig.jwt,
    get base_url() {
      return rig.baseUrls[Math.floor(random() * rig.baseUrls.length)] ?? "";
    },
  };

  const follow = async (client: Client, check: StreamCheck, stream: string): Promise<void> => {
    const startedAt = performance.now();
    while (!check.done && performance.now() - startedAt < patienceMs) {
      // now and then the client itself goes away in the middle
      const cutAfter = random() < 0.2 ? 1 + Math.floor(random() * 30) : Number.POSITIVE_INFINITY;
      let reading: Reading | undefined;
      try {
        reading = await client.read(check.job, {
          lastId: check.lastId,
          timeoutMs: patienceMs,
          onFrame: (frame: Frame) => {
            check.frame(frame);
            if (frame.id === undefined) return;
            const at = performance.now();
            lastEventAt.set(stream, at);
            for (const listener of listeners) listener(stream, at);
          },
          until: (_, count) => count >= cutAfter,
        });
      } catch {
        // cut by a fault: come back
      }
      if (check.done) break;
      counts.resumed++;
      if (reading?.status === 404) await Bun.sleep(200);
      if (reading === undefined || reading.status >= 500) await Bun.sleep(50 + random() * 150);
    }
    if (!check.done) check.gaveUp(performance.now() - startedAt);
  };

  const person = async (stream: string): Promise<void> => {
    const client = new Client(target);
    let chat = await patiently(() => client.createChat(), performance.now() + patienceMs);
    while (!isOver) {
      if (random() < 0.3)
        chat = await patiently(() => client.createChat(), performance.now() + patienceMs);
      const question = questions[Math.floor(random() * questions.length)] ?? "";
      const key = crypto.randomUUID();
      const send = () =>
        client.post<{ job_id: string }>(
          `/api/v1/chat/${chat}/messages`,
          { message: question },
          { "idempotency-key": key },
        );
      const { job_id } = await patiently(send, performance.now() + patienceMs);
      counts.asked++;
      const check = new StreamCheck(job_id);
      await follow(client, check, stream);
      lastEventAt.delete(stream);
      for (const listener of endListeners) listener(stream);
      if (check.done) counts.ended++;
      if (check.done?.data["status"] === "completed") counts.completed++;
      finished.push({ check, question, chat });
    }
  };
  const people = Array.from({ length: streams }, (_, i) => person(`stream-${i + 1}`));

  return {
    progress: { lastEventAt },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onEnd: (listener) => {
      endListeners.add(listener);
      return () => endListeners.delete(listener);
    },
    counts,
    violations,
    finish: async () => {
      isOver = true;
      await Promise.all(people);
      await checkRows(rig, finished);
      violations.push(...finished.flatMap(({ check }) => check.violations));
      return violations;
    },
  };
}

/** Every job's rows, and that each chat counts its messages right. */
async function checkRows(
  rig: Rig,
  finished: readonly { check: StreamCheck; question: string; chat: string }[],
): Promise<void> {
  const sql = postgres(rig.urls.postgres, { max: 2, onnotice: () => {} });
  try {
    const ended = finished.filter(({ check }) => check.done);
    // the last answers may still be on their way
    const until = performance.now() + 30_000;
    for (;;) {
      const [found] = await sql<{ jobs: number }[]>`
        select count(distinct job_id)::int as jobs from chat.messages`;
      if ((found?.jobs ?? 0) >= ended.length || performance.now() > until) break;
      await Bun.sleep(100);
    }
    for (const { check, question } of ended) {
      const rows = await sql<{ role: string; content: string }[]>`
        select role, content from chat.messages where job_id = ${check.job} order by created_at`;
      check.rows(rows, question);
    }
    const wrong = await sql<{ id: string }[]>`
      select c.id::text from chat.conversations c where c.message_count <>
        (select count(*) from chat.messages m where m.chat_id = c.id)`;
    for (const { id } of wrong) {
      const one = ended.find(({ chat }) => chat === id) ?? ended[0];
      one?.check.violations.push({
        flaw: "wrong_rows",
        job: id,
        detail: "message_count is not count(*)",
      });
    }
  } finally {
    await sql.end({ timeout: 2 });
  }
}
