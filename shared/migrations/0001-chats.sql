-- Chats and their messages. Message ids are derived from the job id, so a redelivered job writes no second row.
create schema if not exists chat;

create table chat.conversations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  title text,
  preview text,
  message_count integer not null default 0 check (message_count >= 0),
  last_message_at timestamptz,
  is_deleted boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- the order of the chat list: never-used chats by their creation
create index conversations_by_user on chat.conversations
  (user_id, (coalesce(last_message_at, created_at)) desc, id desc) where not is_deleted;

create table chat.messages (
  id uuid primary key,
  chat_id uuid not null references chat.conversations (id) on delete cascade,
  role text not null check (role in ('user', 'assistant')),
  content text not null,
  image_url text,
  intent text,
  metadata jsonb,
  job_id uuid,
  created_at timestamptz not null default now()
);

create index messages_history on chat.messages (chat_id, created_at desc, id desc);
create index messages_by_job on chat.messages (job_id) where job_id is not null;
create unique index messages_once_per_job on chat.messages (job_id, role) where job_id is not null;
