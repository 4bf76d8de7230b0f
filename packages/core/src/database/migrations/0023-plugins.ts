import type { Migration } from '../migrate.ts'

// What plugins are to each company, and what the host of plugins remembers: how far each of them is with its tables, with the log and
// with its jobs. The tables of a plugin itself are its own, named after it.
export const migration0023: Migration = {
  id: '0023-plugins',
  statements: [
    `create table plugins (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      plugin text not null,
      status text not null,
      version_label text not null,
      capabilities {json} not null,
      capabilities_hash text not null,
      config {json} not null,
      reason text,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint plugins_company_key unique (company_id, id),
      constraint plugins_plugin_key unique (company_id, plugin),
      constraint plugins_status_check check (status in ('installed', 'ready', 'disabled', 'error', 'quarantined', 'uninstalled'))
    ) {table}`,
    `create index plugins_name_index on plugins (plugin, company_id)`,

    `create table plugin_migrations (
      plugin text not null,
      position {integer} not null,
      id text not null,
      checksum text not null,
      applied_at {time} not null,
      primary key (plugin, position)
    ) {table}`,

    // How far the log of all companies was looked through for a subscription.
    `create table plugin_subscriptions (
      plugin text not null,
      name text not null,
      begins_after {integer} not null,
      scanned_to {integer} not null,
      primary key (plugin, name)
    ) {table}`,

    // How far a subscription is in one company. It has a next time while there is, or may be, something after its position.
    `create table plugin_cursors (
      company_id {uuid} not null references companies (id),
      plugin text not null,
      subscription text not null,
      after_seq {integer} not null,
      parked_seq {integer},
      status text not null,
      attempts {integer} not null,
      marks {integer} not null,
      fence {integer} not null,
      next_at {time},
      reason text,
      updated_at {time} not null,
      primary key (company_id, plugin, subscription),
      constraint plugin_cursors_status_check check (status in ('live', 'parked')),
      constraint plugin_cursors_only_live_are_due check (next_at is null or status = 'live')
    ) {table}`,
    `create index plugin_cursors_due_index on plugin_cursors (next_at) where next_at is not null`,

    `create table plugin_jobs (
      plugin text not null,
      name text not null,
      next_at {time} not null,
      fence {integer} not null,
      attempts {integer} not null,
      primary key (plugin, name)
    ) {table}`,

    `create table plugin_state (
      company_id {uuid} not null references companies (id),
      plugin text not null,
      key text not null,
      value {json} not null,
      version {integer} not null,
      updated_at {time} not null,
      primary key (company_id, plugin, key)
    ) {table}`,

    `create table plugin_logs (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      plugin text not null,
      level text not null,
      message text not null,
      data {json},
      at {time} not null
    ) {table}`,
    `create index plugin_logs_index on plugin_logs (company_id, plugin, id)`,
  ],
}
