import type { Migration } from '../migrate.ts'

// What an adapter goes on from when the same agent works on the same task again, and how much has gone into it; where tasks came from.
export const migration0012: Migration = {
  id: '0012-sessions-and-origins',
  statements: [
    `create table agent_sessions (
      company_id {uuid} not null,
      agent_id {uuid} not null,
      task_id {uuid} not null,
      fingerprint text not null,
      state {json} not null,
      runs {integer} not null,
      input_tokens {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      primary key (company_id, agent_id, task_id),
      constraint agent_sessions_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
      constraint agent_sessions_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
    ) {table}`,
    // Most tasks are made by hand, and nobody looks for those by that.
    `create index tasks_origin_index on tasks (company_id, origin, id) where origin <> 'manual'`,
  ],
}
