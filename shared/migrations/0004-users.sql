-- Who people are, and by which sign-in services they come. An account may have several; the development sign-in has none.
create schema if not exists users;

create table users.accounts (
  id uuid primary key default gen_random_uuid(),
  nickname text,
  name text,
  email varchar(320),
  phone_number varchar(20) unique,
  profile_image_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_login_at timestamptz
);

create type users.oauth_provider as enum ('google', 'kakao', 'naver');

create table users.social_accounts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users.accounts (id) on delete cascade,
  provider users.oauth_provider not null,
  provider_user_id text not null,
  email varchar(320),
  last_login_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider, provider_user_id)
);

create index social_accounts_by_user on users.social_accounts (user_id);

create schema if not exists auth;

-- Which sign-ins there were. No reference to the account: the trace outlives it. Address and browser are coarse
-- (a network, a family): enough to see a pattern, too little to follow a person.
create table auth.login_audits (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  provider text not null,
  jti text not null,
  login_ip text,
  user_agent text,
  issued_at timestamptz not null default now()
);

create index login_audits_by_user on auth.login_audits (user_id);
create index login_audits_by_jti on auth.login_audits (jti);
create index login_audits_by_time on auth.login_audits (issued_at);
