import type { Migration } from '../migrate.ts'

// People who come with a password: accounts, their sessions, links that open once, what was tried, and a log of it all.
export const migration0021: Migration = {
  id: '0021-accounts',
  statements: [
    // Of no company, as people are. The role is one for the whole installation; most have none.
    `create table accounts (
      user_id {uuid} primary key references users (id),
      password text not null,
      role text,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null
    ) {table}`,
    `create index accounts_role_index on accounts (role) where role is not null`,

    `create table sessions (
      id {uuid} primary key,
      user_id {uuid} not null references accounts (user_id),
      token_hash text not null,
      address text,
      user_agent text,
      created_at {time} not null,
      last_used_at {time} not null,
      expires_at {time} not null,
      constraint sessions_token_key unique (token_hash)
    ) {table}`,
    `create index sessions_user_index on sessions (user_id, id)`,

    // A link is gone when it was used. There is one that sets the installation up, and one for each person.
    `create table account_links (
      id {uuid} primary key,
      kind text not null,
      user_id {uuid} references users (id),
      token_hash text not null,
      expires_at {time} not null,
      created_at {time} not null,
      constraint account_links_token_key unique (token_hash),
      constraint account_links_for_whom check ((kind = 'password') = (user_id is not null))
    ) {table}`,
    `create unique index account_links_setup_index on account_links (kind) where kind = 'setup'`,
    `create unique index account_links_user_index on account_links (user_id) where user_id is not null`,

    // How often a password was tried: for an account, from an address, and for one from the other, each by its hash.
    `create table login_attempts (
      key text primary key,
      kind text not null,
      count {integer} not null,
      last_at {time} not null,
      blocked_until {time},
      succeeded_at {time}
    ) {table}`,
    `create index login_attempts_last_index on login_attempts (last_at)`,

    // The log of accounts; the logs of companies have no place for what belongs to none. It only grows.
    `create table account_events (
      id {uuid} primary key,
      user_id {uuid},
      type text not null,
      actor_kind text not null,
      actor_id text not null,
      address text,
      user_agent text,
      data {json} not null,
      at {time} not null
    ) {table}`,
    `create index account_events_user_index on account_events (user_id, id)`,
  ],
}
