import { createHash } from "node:crypto";
import type { Sql } from "../clients/postgres.ts";
import { AppError } from "../errors.ts";
import chats from "./0001-chats.sql" with { type: "text" };
import checkpoints from "./0002-checkpoints.sql" with { type: "text" };
import evals from "./0003-evals.sql" with { type: "text" };
import users from "./0004-users.sql" with { type: "text" };
import characters from "./0005-characters.sql" with { type: "text" };
import news from "./0007-news.sql" with { type: "text" };
import deletions from "./0017-deletions.sql" with { type: "text" };
import images from "./0020-images.sql" with { type: "text" };
import locations from "./0006-locations.sql" with { type: "text" };
import locationsReach from "./0026-locations-reach.sql" with { type: "text" };
import locationsMeters from "./0027-locations-meters.sql" with { type: "text" };
import locationsRare from "./0028-locations-rare.sql" with { type: "text" };
import locationsFew from "./0029-locations-few.sql" with { type: "text" };

/** In order, forward only. A file that ran anywhere is never edited. */
const migrations = [
  { name: "0001-chats", text: chats },
  { name: "0002-checkpoints", text: checkpoints },
  { name: "0003-evals", text: evals },
  { name: "0004-users", text: users },
  { name: "0005-characters", text: characters },
  { name: "0007-news", text: news },
  { name: "0017-deletions", text: deletions },
  { name: "0020-images", text: images },
  { name: "0006-locations", text: locations },
  { name: "0026-locations-reach", text: locationsReach },
  { name: "0027-locations-meters", text: locationsMeters },
  { name: "0028-locations-rare", text: locationsRare },
  { name: "0029-locations-few", text: locationsFew },
] as const;

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
/** Advisory lock number: two migrators at once take turns. */
const lockNumber = 8_402_026;

/** Brings the schema up to date; returns the names it ran. Throws when a migration that ran was edited. */
export async function migrate(sql: Sql): Promise<string[]> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${lockNumber})`;
    await tx`create table if not exists public.eco2_migrations (
      name text primary key, sha256 text not null, ran_at timestamptz not null default now())`;
    const ran = await tx<
      { name: string; sha256: string }[]
    >`select name, sha256 from public.eco2_migrations`;
    const known = new Map(ran.map((row) => [row.name, row.sha256]));
    const names: string[] = [];
    for (const { name, text } of migrations) {
      const sha256 = hashOf(text);
      const before = known.get(name);
      if (before === sha256) continue;
      if (before !== undefined) throw new Error(`migration ${name} was edited after it ran`);
      await tx.unsafe(text);
      await tx`insert into public.eco2_migrations (name, sha256) values (${name}, ${sha256})`;
      names.push(name);
    }
    return names;
  });
}

/** Throws `START_CHECK_FAILED` unless exactly the migrations this version knows have run (newer ones may be there). */
export async function checkSchema(sql: Sql): Promise<void> {
  const missing: string[] = [];
  const [table] = await sql<
    { found: string | null }[]
  >`select to_regclass('public.eco2_migrations')::text as found`;
  const ran = table?.found
    ? await sql<{ name: string; sha256: string }[]>`select name, sha256 from public.eco2_migrations`
    : [];
  const known = new Map(ran.map((row) => [row.name, row.sha256]));
  for (const { name, text } of migrations) if (known.get(name) !== hashOf(text)) missing.push(name);
  if (missing.length > 0) {
    throw new AppError("START_CHECK_FAILED", {
      detail: `database schema lacks ${missing.join(", ")}: run "bun run migrate"`,
    });
  }
}
