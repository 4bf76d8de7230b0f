import type { Migration } from '../migrate.ts'
import { companyLink } from './company-link.ts'

// What is to be done, said, written and decided: tasks in their surroundings, routing, documents, attachments, approvals, search.
export const migration0005: Migration = {
  id: '0005-governed-work',
  statements: [
    ...companyLink({ table: 'tasks', column: 'project_id', parent: 'projects' }),
    ...companyLink({ table: 'tasks', column: 'sprint_id', parent: 'sprints' }),
    ...companyLink({ table: 'tasks', column: 'assignee_user_id', parent: 'members', key: 'user_id' }),
    // The task whose subtree is held: nothing below it starts.
    ...companyLink({ table: 'tasks', column: 'held_by_task_id', parent: 'tasks' }),
    `alter table tasks add column due_at {time}`,
    // When it was said that the task is overdue; once for each due date.
    `alter table tasks add column overdue_at {time}`,
    `alter table tasks add column billing_code text`,
    `alter table tasks add column request_depth {integer} not null default 0`,
    `alter table tasks add column origin text not null default 'manual'`,
    `alter table tasks add column created_by_kind text not null default 'system'`,
    `alter table tasks add column created_by_id text not null default 'system'`,
    // Whether labels are to be looked for.
    `alter table tasks add column is_labelled {integer} not null default 0`,
    `alter table tasks add column deleted_at {time}`,
    `create index tasks_project_index on tasks (company_id, project_id, id) where project_id is not null`,
    `create index tasks_sprint_index on tasks (company_id, sprint_id, id) where sprint_id is not null`,
    `create index tasks_assignee_user_index on tasks (company_id, assignee_user_id, id) where assignee_user_id is not null`,
    `create index tasks_held_index on tasks (company_id, held_by_task_id, id) where held_by_task_id is not null`,
    `create index tasks_goal_index on tasks (company_id, goal_id, id) where goal_id is not null`,
    `create index tasks_priority_index on tasks (company_id, priority, id)`,
    // Ended tasks are never due any more, and would be in its way for ever.
    `create index tasks_due_index on tasks (due_at) where due_at is not null and overdue_at is null and status not in ('done', 'cancelled')`,
    `create index tasks_overdue_index on tasks (company_id, id) where overdue_at is not null`,
    // What can be started, of each agent and of nobody, in the order of work.
    `create index tasks_todo_index on tasks (company_id, assignee_agent_id, priority, id) where status = 'todo'`,

    `create table task_labels (
      company_id {uuid} not null,
      task_id {uuid} not null,
      label_id {uuid} not null,
      primary key (company_id, task_id, label_id),
      constraint task_labels_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
      constraint task_labels_label_fkey foreign key (company_id, label_id) references labels (company_id, id)
    ) {table}`,
    `create index task_labels_label_index on task_labels (company_id, label_id, task_id)`,

    // In the order of their position, those of a project before those of the company. The first that fits decides.
    `create table routing_rules (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      project_id {uuid},
      name text not null,
      position {integer} not null,
      is_enabled {integer} not null,
      conditions {json} not null,
      target_agent_id {uuid},
      target_capability text,
      strategy text,
      fallback_agent_id {uuid},
      last_agent_id {uuid},
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint routing_rules_company_key unique (company_id, id),
      constraint routing_rules_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
      constraint routing_rules_target_fkey foreign key (company_id, target_agent_id) references agents (company_id, id),
      constraint routing_rules_fallback_fkey foreign key (company_id, fallback_agent_id) references agents (company_id, id),
      constraint routing_rules_last_fkey foreign key (company_id, last_agent_id) references agents (company_id, id)
    ) {table}`,
    `create index routing_rules_order_index on routing_rules (company_id, project_id, position, id)`,
    `create index routing_rules_position_index on routing_rules (company_id, position, id)`,
    // How busy an agent is, by counting and without looking at what it did before.
    `create index tasks_open_index on tasks (company_id, assignee_agent_id) where assignee_agent_id is not null
      and deleted_at is null and status in ('todo', 'in_progress', 'in_review', 'blocked')`,

    ...companyLink({ table: 'comments', column: 'deliverable_id', parent: 'deliverables' }),
    `alter table comments add column mentions {json} not null default '[]'`,
    `create index comments_deliverable_index on comments (company_id, deliverable_id, id) where deliverable_id is not null`,
    // Who is mentioned, so that an agent finds what was said to it.
    `create table comment_mentions (
      company_id {uuid} not null,
      agent_id {uuid} not null,
      comment_id {uuid} not null,
      primary key (company_id, agent_id, comment_id),
      constraint comment_mentions_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
      constraint comment_mentions_comment_fkey foreign key (company_id, comment_id) references comments (company_id, id)
    ) {table}`,

    `create table documents (
      id {uuid} primary key,
      company_id {uuid} not null,
      task_id {uuid} not null,
      key text not null,
      title text not null,
      revision {integer} not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint documents_company_key unique (company_id, id),
      constraint documents_key_key unique (company_id, task_id, key),
      constraint documents_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
    ) {table}`,
    `create index documents_task_index on documents (company_id, task_id, id)`,
    `create table document_revisions (
      company_id {uuid} not null,
      document_id {uuid} not null,
      number {integer} not null,
      title text not null,
      body text not null,
      note text,
      author_kind text not null,
      author_id text not null,
      run_id {uuid},
      created_at {time} not null,
      primary key (company_id, document_id, number),
      constraint document_revisions_document_fkey foreign key (company_id, document_id) references documents (company_id, id),
      constraint document_revisions_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
    ) {table}`,

    // Bytes live in the blob store under their SHA-256; here is which company knows them, so nobody learns what another one has.
    `create table assets (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      sha256 text not null,
      byte_size {integer} not null,
      created_at {time} not null,
      constraint assets_company_key unique (company_id, id),
      constraint assets_sha256_key unique (company_id, sha256)
    ) {table}`,
    `create table attachments (
      id {uuid} primary key,
      company_id {uuid} not null,
      task_id {uuid} not null,
      comment_id {uuid},
      asset_id {uuid} not null,
      name text not null,
      content_type text not null,
      author_kind text not null,
      author_id text not null,
      run_id {uuid},
      created_at {time} not null,
      deleted_at {time},
      version {integer} not null,
      constraint attachments_company_key unique (company_id, id),
      constraint attachments_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
      constraint attachments_comment_fkey foreign key (company_id, comment_id) references comments (company_id, id),
      constraint attachments_asset_fkey foreign key (company_id, asset_id) references assets (company_id, id),
      constraint attachments_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
    ) {table}`,
    `create index attachments_task_index on attachments (company_id, task_id, id)`,

    `create table approvals (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      type text not null,
      subject text not null,
      status text not null,
      payload {json} not null,
      payload_hash text not null,
      reason text,
      task_id {uuid},
      agent_id {uuid},
      requested_by_kind text not null,
      requested_by_id text not null,
      run_id {uuid},
      decided_by_kind text,
      decided_by_id text,
      decision_note text,
      decided_at {time},
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint approvals_company_key unique (company_id, id),
      constraint approvals_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
      constraint approvals_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
      constraint approvals_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
    ) {table}`,
    // At most one waits for a decision on the same thing (PROMISES P14).
    `create unique index approvals_one_pending_index on approvals (company_id, type, subject) where status in ('pending', 'revision_requested')`,
    `create index approvals_status_index on approvals (company_id, status, id)`,
    `create index approvals_type_index on approvals (company_id, type, id)`,
    `create index approvals_task_index on approvals (company_id, task_id, id) where task_id is not null`,

    // The answer to a keyed deletion is found by the key alone: what was deleted no longer says whose it was.
    `create index idempotency_key_index on idempotency_records (key_hash)`,

    // What can be found by its words. Written in the transaction of the thing itself; `*_words` is what search/words.ts makes of
    // a text, so that every database finds the same. The company is a word too: what others have costs a search nothing.
    {
      sqlite: `create table search_entries (
        id integer primary key autoincrement, company_id text not null references companies (id), entity_type text not null,
        entity_id text not null, task_id text, title text not null, body text not null, title_words text not null,
        body_words text not null, constraint search_entries_entity_key unique (company_id, entity_type, entity_id)) strict`,
      postgres: `create table search_entries (
        id bigint generated always as identity primary key, company_id uuid not null references companies (id),
        entity_type text not null, entity_id uuid not null, task_id uuid, title text not null, body text not null,
        title_words text not null, body_words text not null,
        words tsvector generated always as (array_to_tsvector(string_to_array(rtrim(company_id::text || ' t' || replace(title_words, ' ', ' t')
          || ' w' || replace(title_words, ' ', ' w') || ' w' || replace(body_words, ' ', ' w')), ' '))) stored,
        constraint search_entries_entity_key unique (company_id, entity_type, entity_id))`,
    },
    `create index search_entries_task_index on search_entries (company_id, task_id) where task_id is not null`,
    {
      sqlite: `create virtual table search_words using fts5 (company_id, title_words, body_words, content = 'search_entries',
        content_rowid = 'id', tokenize = 'ascii')`,
      postgres: `create index search_entries_words_index on search_entries using gin (words)`,
    },
    {
      sqlite: `create trigger search_entries_insert after insert on search_entries begin
        insert into search_words (rowid, company_id, title_words, body_words) values (new.id, new.company_id, new.title_words, new.body_words); end`,
    },
    {
      sqlite: `create trigger search_entries_delete after delete on search_entries begin
        insert into search_words (search_words, rowid, company_id, title_words, body_words)
          values ('delete', old.id, old.company_id, old.title_words, old.body_words); end`,
    },
    {
      sqlite: `create trigger search_entries_update after update on search_entries begin
        insert into search_words (search_words, rowid, company_id, title_words, body_words)
          values ('delete', old.id, old.company_id, old.title_words, old.body_words);
        insert into search_words (rowid, company_id, title_words, body_words) values (new.id, new.company_id, new.title_words, new.body_words); end`,
    },
    // The tasks that there are already. Words as the database can tell them, whatever its locale, are near enough; with its next
    // change a task gets ours.
    {
      sqlite: `insert into search_entries (company_id, entity_type, entity_id, task_id, title, body, title_words, body_words)
        select company_id, 'task', id, id, identifier || ' ' || title, substr(coalesce(description, ''), 1, 20000),
          lower(identifier || ' ' || title), lower(substr(coalesce(description, ''), 1, 20000)) from tasks`,
      postgres: `insert into search_entries (company_id, entity_type, entity_id, task_id, title, body, title_words, body_words)
        select company_id, 'task', id, id, identifier || ' ' || title, left(coalesce(description, ''), 20000),
          trim(regexp_replace(lower(identifier || ' ' || title), '[^a-z0-9\\u0080-\\uffff]+', ' ', 'g')),
          trim(regexp_replace(lower(left(coalesce(description, ''), 20000)), '[^a-z0-9\\u0080-\\uffff]+', ' ', 'g')) from tasks`,
    },
  ],
}
