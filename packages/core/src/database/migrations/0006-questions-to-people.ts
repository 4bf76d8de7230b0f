import type { Migration } from '../migrate.ts'

// What agents ask people: one row a question, and at most one that a run waits for.
export const migration0006: Migration = {
  id: '0006-questions-to-people',
  statements: [
    // Whether questions are to be looked for.
    `alter table tasks add column is_asked {integer} not null default 0`,
    `create table interactions (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      task_id {uuid} not null,
      run_id {uuid},
      kind text not null,
      prompt text not null,
      ask {json} not null,
      status text not null,
      answerer text not null,
      answerer_user_id {uuid},
      waits {integer} not null,
      asked_by_kind text not null,
      asked_by_id text not null,
      answer {json},
      answered_by_kind text,
      answered_by_id text,
      answered_at {time},
      expires_at {time},
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint interactions_company_key unique (company_id, id),
      constraint interactions_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
      constraint interactions_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
      constraint interactions_answerer_fkey foreign key (company_id, answerer_user_id) references members (company_id, user_id)
    ) {table}`,
    // A run waits for one answer at a time, and a task for one run.
    `create unique index interactions_one_awaited_index on interactions (company_id, run_id) where status = 'pending' and waits = 1`,
    `create unique index runs_one_waiting_index on runs (company_id, task_id) where status = 'waiting'`,
    `create index interactions_status_index on interactions (company_id, status, id)`,
    `create index interactions_kind_index on interactions (company_id, kind, id)`,
    `create index interactions_task_index on interactions (company_id, task_id, id)`,
    `create index interactions_expiry_index on interactions (expires_at) where status = 'pending' and expires_at is not null`,
  ],
}
