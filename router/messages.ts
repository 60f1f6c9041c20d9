import type { Sql } from "../shared/clients/postgres.ts";
import type { Persistence } from "../shared/contract/event.ts";
import type { ChatId, JobId } from "../shared/contract/ids.ts";

type Refusal = "chat-missing" | "chat-foreign";

export interface Written {
  /** Rows that were not there before. */
  readonly user: number;
  readonly assistant: number;
  /** Rows a former delivery had written. */
  readonly known: number;
  /** Jobs whose chat does not exist or belongs to somebody else; nothing was written for them. */
  readonly refused: ReadonlyMap<JobId, Refusal>;
}

/** Characters of the newest answer a chat list shows. */
const previewChars = 100;

/**
 * Writes the rows of finished jobs in one transaction, each once however often it is called. Counters move by
 * the rows that were new, so `message_count` stays `count(*)`. Throws when one of them cannot be stored: then
 * none is.
 */
export function writeAnswers(sql: Sql, answers: readonly Persistence[]): Promise<Written> {
  const chatIds = [...new Set(answers.map((answer) => answer.conversation_id))];
  return sql.begin(async (tx) => {
    // locked in one order: two replicas that write the same chats wait for each other, never in a circle.
    // A chat its user deleted keeps what was being answered.
    const chats = await tx<{ id: ChatId; user_id: string }[]>`
      select id, user_id from chat.conversations
      where id = any(${chatIds}::uuid[]) order by id for no key update`;
    const owners = new Map(chats.map((chat) => [chat.id, chat.user_id]));
    const refused = new Map<JobId, Refusal>();
    const rows: MessageRow[] = [];
    for (const answer of answers) {
      const owner = owners.get(answer.conversation_id);
      if (owner === undefined) refused.set(answer.job_id, "chat-missing");
      else if (owner !== answer.user_id) refused.set(answer.job_id, "chat-foreign");
      else rows.push(...rowsOf(answer));
    }
    if (rows.length === 0) return { user: 0, assistant: 0, known: 0, refused };

    const added = await tx<{ chat_id: ChatId; role: "user" | "assistant" }[]>`
      insert into chat.messages
        (id, chat_id, role, content, image_url, intent, metadata, job_id, created_at)
      select id, chat_id, role, content, image_url, intent, metadata, job_id, created_at
      from jsonb_to_recordset(${tx.json(rows as never)}) as row (id uuid, chat_id uuid, role text,
        content text, image_url text, intent text, metadata jsonb, job_id uuid, created_at timestamptz)
      on conflict do nothing
      returning id, chat_id, role`;
    const perChat = new Map<ChatId, number>();
    for (const { chat_id } of added) perChat.set(chat_id, (perChat.get(chat_id) ?? 0) + 1);
    // both subqueries walk the index messages_history from its newest end
    await tx`
      update chat.conversations as chat set
        message_count = chat.message_count + more.rows,
        preview = coalesce((
          select left(m.content, ${previewChars}) from chat.messages m
          where m.chat_id = chat.id and m.role = 'assistant'
          order by m.created_at desc, m.id desc limit 1), chat.preview),
        last_message_at = greatest(chat.last_message_at, (
          select max(m.created_at) from chat.messages m where m.chat_id = chat.id)),
        updated_at = now()
      from unnest(${[...perChat.keys()]}::uuid[], ${[...perChat.values()]}::int[]) as more (id, rows)
      where chat.id = more.id`;
    const user = added.filter((row) => row.role === "user").length;
    return { user, assistant: added.length - user, known: rows.length - added.length, refused };
  });
}

interface MessageRow {
  readonly id: string;
  readonly chat_id: ChatId;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly image_url: string | null;
  readonly intent: string | null;
  readonly metadata: Persistence["metadata"];
  readonly job_id: JobId;
  readonly created_at: string;
}

/** Question and answer; a job without an answer to keep carries what is known of it on the question. */
function rowsOf(answer: Persistence): MessageRow[] {
  const { assistant_message_id, assistant_message, assistant_message_created_at } = answer;
  const common = { chat_id: answer.conversation_id, job_id: answer.job_id };
  const about = { intent: answer.intent, metadata: answer.metadata };
  const hasAnswer = assistant_message_id !== null && assistant_message !== null;
  const question: MessageRow = {
    ...common,
    ...(hasAnswer ? { intent: null, metadata: null } : about),
    id: answer.user_message_id,
    role: "user",
    content: answer.user_message,
    image_url: answer.user_image_url,
    created_at: answer.user_message_created_at,
  };
  if (!hasAnswer) return [question];
  return [
    question,
    {
      ...common,
      ...about,
      id: assistant_message_id,
      role: "assistant",
      content: assistant_message,
      image_url: null,
      created_at: assistant_message_created_at ?? answer.user_message_created_at,
    },
  ];
}

/**
 * Is it these rows that PostgreSQL refuses (their text, their size, a constraint), rather than its own state?
 * SQLSTATE classes 22 data, 23 constraint, 54 limits.
 */
export function isRowError(cause: unknown): boolean {
  return sqlStateOf(cause)?.match(/^(22|23|54)/) != null;
}

/** For logs: the message of such an error may quote the text. */
export function sqlStateOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : undefined;
}
