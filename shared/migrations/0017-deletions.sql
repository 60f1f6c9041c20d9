-- Deleted accounts: first an order to delete, so that a process that dies on the way does not forget it; once done,
-- what went, by kind, without a word about whose it was.
create table users.deletions (
  id uuid primary key default gen_random_uuid(),
  -- the order: set to null when it is finished
  user_id uuid,
  chat_ids uuid[],
  job_ids uuid[],
  -- how many of each kind went: {"conversations": 3, "messages": 40, …}
  counts jsonb not null default '{}',
  requested_at timestamptz not null default now(),
  -- everything was erased once; a second pass follows for what was on its way
  erased_at timestamptz,
  finished_at timestamptz,
  check (finished_at is null or (user_id is null and chat_ids is null and job_ids is null))
);

create index deletions_unfinished on users.deletions (requested_at) where finished_at is null;
