import postgres from "postgres";

/** Rows come a moment after the ending; a store that was busy gets this long. */
const patienceMs = 60_000;
/** Younger endings are not asked for yet. */
const settleMs = 2000;

/** Compares each answer that was told with its rows, and forgets it: the checker must stay flat too. */
export function watchStored(databaseUrl: string) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const waiting = new Map<string, { readonly sha256: string; readonly since: number }>();
  const flaws: string[] = [];
  let checked = 0;
  const look = async (olderThanMs: number) => {
    const now = performance.now();
    const due = [...waiting].filter(([, { since }]) => now - since >= olderThanMs);
    for (let at = 0; at < due.length; at += 500) {
      const jobs = due.slice(at, at + 500).map(([job]) => job);
      const rows = await sql<{ job_id: string; roles: number; sha256: string | null }[]>`
        select job_id::text, count(*)::int as roles,
          max(encode(sha256(convert_to(content, 'UTF8')), 'hex')) filter (where role = 'assistant') as sha256
        from chat.messages where job_id = any(${jobs}::uuid[]) group by job_id`;
      for (const { job_id, roles, sha256 } of rows) {
        const told = waiting.get(job_id);
        if (!told || roles < 2) continue;
        if (told.sha256 !== sha256) flaws.push(`${job_id}: its row is not its answer`);
        waiting.delete(job_id);
        checked += 1;
      }
    }
    for (const [job, { since }] of waiting) {
      if (now - since < patienceMs) continue;
      flaws.push(`${job}: no rows after ${patienceMs / 1000} s`);
      waiting.delete(job);
    }
  };
  return {
    flaws,
    checked: () => checked,
    ended: (job: string, sha256: string) =>
      void waiting.set(job, { sha256, since: performance.now() }),
    look: () => look(settleMs),
    /** Waits for the last of them. */
    async finish(): Promise<void> {
      while (waiting.size > 0) {
        await look(0);
        await Bun.sleep(100);
      }
      await sql.end({ timeout: 5 });
    },
  };
}
