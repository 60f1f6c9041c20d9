import { Client, type Frame, type Reading, resultOf } from "../client.ts";
import { explain } from "./explain.ts";
import type { Rig } from "./rig.ts";
import { checkRows, type Finished, strangers } from "./rows.ts";
import { StreamCheck, type Violation } from "./verify.ts";

const questions = [
  "페트병 어떻게 버려?",
  "종이 버리는 법이랑 수거함도 알려줘",
  "보조배터리는 어떻게 버려?",
  "형광등 버리는 법 알려줘",
  "우유팩이랑 종이컵은 어디에 버려?",
];

/**
 * Longest a job may take in a fault run before it counts as unended: shorter than a test, or the runner would end it,
 * and with it the fleet.
 */
const patienceMs = 90_000;

/** What happened to a stream: an event of its job came (the first: it was accepted), or its job is over. */
type Listener = (stream: string, what: "event" | "over", at: number) => void;

interface VerdictOptions {
  /** performance.now(): jobs that began later are left for the next verdict. */
  readonly startedBefore?: number;
  /** Jobs whose rows a store was allowed to lose. */
  readonly forgiveRows?: (check: StreamCheck) => boolean;
}

export interface Load {
  /** Streams whose job is running: their checks, and performance.now() of their last event. */
  readonly running: ReadonlyMap<string, StreamCheck>;
  listen(listener: Listener): () => void;
  readonly counts: { asked: number; ended: number; completed: number; resumed: number };
  /** Endings that were not `completed`, by error code. */
  readonly failures: ReadonlyMap<string, number>;
  /** Every answer to a POST of a message by status; 0: no answer at all. */
  readonly posts: ReadonlyMap<number, number>;
  /** What is wrong with the jobs that run, once they ended, and those before; each told once. */
  verdict(options?: VerdictOptions): Promise<Violation[]>;
  /** Lets running jobs end; returns every violation. `mayRepeat`: a store lost what it knew of keys. */
  finish(options?: { readonly mayRepeat?: boolean }): Promise<Violation[]>;
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

async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + patienceMs;
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
  const listeners = new Set<Listener>();
  const counts = { asked: 0, ended: 0, completed: 0, resumed: 0 };
  const posts = new Map<number, number>();
  const failures = new Map<string, number>();
  const running = new Map<string, StreamCheck>();
  const unchecked: Finished[] = [];
  const violations: Violation[] = [];
  const known = { jobs: new Set<string>(), chats: new Set<string>() };
  let isOver = false;

  const target = {
    ...rig.jwt,
    get base_url() {
      return rig.baseUrls[Math.floor(random() * rig.baseUrls.length)] ?? "";
    },
  };
  const tell = (stream: string, what: "event" | "over") => {
    const at = performance.now();
    for (const listener of listeners) listener(stream, what, at);
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
            if (frame.id !== undefined) tell(stream, "event");
          },
          until: (_, count) => count >= cutAfter,
        });
      } catch {
        // cut by a fault: come back
      }
      if (check.done) return;
      counts.resumed++;
      if (reading?.status === 404) await Bun.sleep(200);
      if (reading === undefined || reading.status >= 500) await Bun.sleep(50 + random() * 150);
    }
    if (check.done) return;
    const waitedMs = performance.now() - startedAt;
    check.gaveUp(waitedMs, await explain(rig, check.job));
  };

  const post = async (client: Client, chat: string, message: string, key: string) => {
    let status = 0;
    try {
      const response = await client.fetch(`/api/v1/chat/${chat}/messages`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify({ message }),
      });
      status = response.status;
      if (status !== 200) throw new Error(`POST answered ${status}`);
      return ((await response.json()) as { job_id: string }).job_id;
    } finally {
      posts.set(status, (posts.get(status) ?? 0) + 1);
    }
  };

  const person = async (stream: string): Promise<void> => {
    const client = new Client(target);
    let chat = await patiently(() => client.createChat());
    while (!isOver) {
      // a new chat when there can be one: without PostgreSQL there cannot
      if (random() < 0.3) chat = await client.createChat().catch(() => chat);
      const question = questions[Math.floor(random() * questions.length)] ?? "";
      const key = crypto.randomUUID();
      const job = await patiently(() => post(client, chat, question, key));
      counts.asked++;
      known.jobs.add(job);
      known.chats.add(chat);
      const check = new StreamCheck(job);
      running.set(stream, check);
      tell(stream, "event");
      await follow(client, check, stream);
      running.delete(stream);
      unchecked.push({ check, question, chat });
      tell(stream, "over");
      if (check.done) counts.ended++;
      if (!check.done) continue;
      const code = resultOf(check.done)["error_code"];
      if (typeof code === "string") failures.set(code, (failures.get(code) ?? 0) + 1);
      else counts.completed++;
    }
  };
  const people = Array.from({ length: streams }, (_, i) => person(`stream-${i + 1}`));

  const verdict: Load["verdict"] = async ({
    startedBefore = Number.POSITIVE_INFINITY,
    forgiveRows = () => false,
  } = {}) => {
    const began = [...running.values()].filter((check) => check.startedAt < startedBefore);
    const awaited = new Set(began);
    while ([...running.values()].some((check) => awaited.has(check))) await Bun.sleep(20);
    const jobs = unchecked.splice(0);
    const stored = jobs.filter(({ check }) => !forgiveRows(check));
    const found = [
      ...jobs.flatMap(({ check }) => check.violations),
      ...(await checkRows(rig.urls.postgres, stored)),
    ];
    violations.push(...found);
    return found;
  };

  return {
    running,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    counts,
    failures,
    posts,
    verdict,
    finish: async ({ mayRepeat = false } = {}) => {
      isOver = true;
      await Promise.all(people);
      await verdict();
      if (!mayRepeat) {
        violations.push(...(await strangers(rig.urls.postgres, known.chats, known.jobs)));
      }
      return violations;
    },
  };
}
