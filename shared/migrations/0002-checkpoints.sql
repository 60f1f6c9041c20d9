-- Copies of the agent's checkpoints, in the layout of LangGraph's own PostgreSQL savers, so that its tools read them.
create table public.checkpoints (
  thread_id text not null,
  checkpoint_ns text not null default '',
  checkpoint_id text not null,
  parent_checkpoint_id text,
  type text,
  checkpoint jsonb not null,
  metadata jsonb not null default '{}',
  primary key (thread_id, checkpoint_ns, checkpoint_id)
);

create table public.checkpoint_blobs (
  thread_id text not null,
  checkpoint_ns text not null default '',
  channel text not null,
  version text not null,
  type text not null,
  blob bytea,
  primary key (thread_id, checkpoint_ns, channel, version)
);

create table public.checkpoint_writes (
  thread_id text not null,
  checkpoint_ns text not null default '',
  checkpoint_id text not null,
  task_id text not null,
  idx integer not null,
  channel text not null,
  type text,
  blob bytea not null,
  task_path text not null default '',
  primary key (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
);

create index checkpoints_thread_id_idx on public.checkpoints (thread_id);
create index checkpoint_blobs_thread_id_idx on public.checkpoint_blobs (thread_id);
create index checkpoint_writes_thread_id_idx on public.checkpoint_writes (thread_id);

-- the savers' own note of what they created: with it their setup finds nothing to do
create table public.checkpoint_migrations (v integer primary key);
insert into public.checkpoint_migrations (v) select generate_series(0, 9);

-- Ours: which checkpoint is the newest. Ids begin with a host's clock and so cannot tell; `n` counts the
-- checkpoints of a thread as they were written, `attempt` is the fence of the run that wrote this one.
create table public.checkpoint_heads (
  thread_id text not null,
  checkpoint_ns text not null default '',
  checkpoint_id text not null,
  n bigint not null,
  attempt bigint not null,
  primary key (thread_id, checkpoint_ns)
);
