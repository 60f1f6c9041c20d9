import postgres from "postgres";
import type { Fleet } from "../load/fleet.ts";

/** Runs `work` with the fleet's database. */
export async function onDatabase<T>(
  fleet: Fleet,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(fleet.file().services.postgres.url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Gives a chat a past of so many messages, questions and answers by turns, a minute apart, straight into the table. */
export async function fillChat(sql: postgres.Sql, chat: string, count: number): Promise<void> {
  await sql`
    insert into chat.messages (id, chat_id, role, content, created_at)
    select gen_random_uuid(), ${chat}, case when n % 2 = 1 then 'user' else 'assistant' end,
      repeat('페트병은 라벨을 떼고 헹궈서 ', case when n % 2 = 1 then 2 else 16 end) || n,
      now() - make_interval(mins => (${count}::int + 1 - n)::int)
    from generate_series(1, ${count}::int) n`;
  await sql`
    update chat.conversations set message_count = ${count}, last_message_at = now() where id = ${chat}`;
}

/** Gives a user so many chats, a minute apart. */
export async function fillChats(sql: postgres.Sql, user: string, count: number): Promise<void> {
  await sql`
    insert into chat.conversations (user_id, title, preview, message_count, last_message_at, created_at)
    select ${user}, '대화 ' || n, '페트병은 라벨을 떼고 헹궈서', 2, at, at
    from generate_series(1, ${count}::int) n, lateral (select now() - make_interval(mins => n::int) as at) times`;
}
