-- How good finished answers were. No text of the chat: only grades, by job.
create table chat.evals (
  job_id uuid primary key,
  intent text not null,
  provider text not null,
  model text not null,
  grade text not null check (grade in ('S', 'A', 'B', 'C')),
  score numeric(4, 1) not null check (score between 0 and 100),
  -- {"code": {check: 0..1}, "model": {axis: 1..5}}; without "model" where only code graded
  axes jsonb not null,
  prompt_version text not null,
  created_at timestamptz not null default now()
);

create index evals_by_day on chat.evals (created_at desc, grade);
