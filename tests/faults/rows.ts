import postgres from "postgres";
import type { Row, StreamCheck, Violation } from "./verify.ts";

/** A job that is over for its reader, and what was asked. */
export interface Finished {
  readonly check: StreamCheck;
  readonly question: string;
  readonly chat: string;
}

/** Answers are stored a moment after their ending; after an outage, once the backlog is caught up. */
const patienceMs = 30_000;

/** What is wrong with the rows of these jobs, and chats that do not count their messages right. */
export async function checkRows(
  databaseUrl: string,
  finished: readonly Finished[],
): Promise<Violation[]> {
  const ended = finished.filter(({ check }) => check.done);
  if (ended.length === 0) return [];
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const until = performance.now() + patienceMs;
    for (;;) {
      const flaws = await rowFlaws(sql, ended);
      if (flaws.length === 0 || performance.now() > until) {
        return [...flaws, ...(await miscounted(sql, ended))];
      }
      await Bun.sleep(100);
    }
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/**
 * Answers in these chats that nobody asked for: a message taken twice, or one that its sender was refused. Every
 * message is sent again with its own Idempotency-Key until it is taken, so there can be none.
 */
export async function strangers(
  databaseUrl: string,
  chats: ReadonlySet<string>,
  jobs: ReadonlySet<string>,
): Promise<Violation[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const stored = await sql<{ job_id: string; chat_id: string }[]>`
      select distinct job_id::text, chat_id::text from chat.messages
      where chat_id = any(${[...chats]}::uuid[])`;
    return stored
      .filter(({ job_id }) => !jobs.has(job_id))
      .map(({ job_id, chat_id }) => {
        const detail = `nobody knows this job of chat ${chat_id}`;
        return { flaw: "repeated", job: job_id, detail, at: performance.now() };
      });
  } finally {
    await sql.end({ timeout: 2 });
  }
}

async function rowFlaws(sql: postgres.Sql, ended: readonly Finished[]): Promise<Violation[]> {
  const jobs = ended.map(({ check }) => check.job);
  const rows = await sql<(Row & { job_id: string })[]>`
    select job_id::text, role, content from chat.messages
    where job_id = any(${jobs}::uuid[]) order by created_at`;
  const byJob = Map.groupBy(rows, (row) => row.job_id);
  return ended.flatMap(
    ({ check, question }) => check.rowsFlaw(byJob.get(check.job) ?? [], question) ?? [],
  );
}

async function miscounted(sql: postgres.Sql, ended: readonly Finished[]): Promise<Violation[]> {
  const wrong = await sql<{ id: string }[]>`
    select c.id::text from chat.conversations c
    where c.id = any(${[...new Set(ended.map(({ chat }) => chat))]}::uuid[])
      and c.message_count <> (select count(*) from chat.messages m where m.chat_id = c.id)`;
  return wrong.map(({ id }) => {
    const of = ended.filter(({ chat }) => chat === id);
    const at = Math.max(...of.map(({ check }) => check.lastAt));
    return { flaw: "wrong_rows", job: id, detail: "message_count is not count(*)", at };
  });
}
