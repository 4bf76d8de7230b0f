import type { Migration } from '../migrate.ts'
import { companyLink } from './company-link.ts'

// Who works in a company, by which right, on what: people, keys, profiles of agents, projects, sprints, labels.
export const migration0004: Migration = {
  id: '0004-people-and-plans',
  statements: [
    // People are of no company; what they may do in one is their membership there.
    `create table users (
      id {uuid} primary key,
      name text not null,
      email text,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint users_email_key unique (email)
    ) {table}`,

    `create table members (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      user_id {uuid} not null references users (id),
      agent_id {uuid} not null,
      name text not null,
      role text not null,
      status text not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint members_company_key unique (company_id, id),
      constraint members_user_key unique (company_id, user_id),
      constraint members_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
    ) {table}`,
    `create index members_user_index on members (user_id)`,

    `create table invites (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      email text,
      role text not null,
      status text not null,
      token_hash text not null,
      invited_by_kind text not null,
      invited_by_id text not null,
      member_id {uuid},
      expires_at {time} not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint invites_company_key unique (company_id, id),
      constraint invites_token_key unique (token_hash),
      constraint invites_member_fkey foreign key (company_id, member_id) references members (company_id, id)
    ) {table}`,
    `create index invites_status_index on invites (company_id, status, id)`,

    // A key acts for one member or one agent, in one company; its text is shown once and kept as its SHA-256 (PROMISES S4).
    `create table keys (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      kind text not null,
      member_id {uuid},
      agent_id {uuid},
      name text not null,
      prefix text not null,
      hash text not null,
      scopes {json},
      expires_at {time},
      revoked_at {time},
      last_used_at {time},
      created_by_kind text not null,
      created_by_id text not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint keys_company_key unique (company_id, id),
      constraint keys_hash_key unique (hash),
      constraint keys_member_fkey foreign key (company_id, member_id) references members (company_id, id),
      constraint keys_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
      constraint keys_of_one check ((kind = 'user' and member_id is not null and agent_id is null)
        or (kind = 'agent' and agent_id is not null and member_id is null))
    ) {table}`,
    `create index keys_agent_index on keys (company_id, agent_id, id) where agent_id is not null`,
    `create index keys_member_index on keys (company_id, member_id, id) where member_id is not null`,

    // A company that asks for it: hires wait for an approval; nothing starts before a strategy is approved ('closed').
    `alter table companies add column requires_hire_approval {integer} not null default 0`,
    `alter table companies add column strategy_gate text not null default 'none'`,
    `alter table companies add column pause_reason text`,
    `alter table companies add column brand_color text`,
    `alter table companies add column attachment_max_bytes {integer} not null default 10485760`,
    ...companyLink({ table: 'companies', column: 'default_agent_id', parent: 'agents', company: 'id' }),

    `alter table agents add column icon text`,
    `alter table agents add column specializations {json} not null default '[]'`,
    `alter table agents add column tags {json} not null default '[]'`,
    `alter table agents add column max_concurrent_tasks {integer}`,
    `alter table agents add column context_mode text not null default 'fat'`,
    // Ways to run it other than its own: { cheap: { adapterType, adapterConfig } }; and adapters that take over, in order.
    `alter table agents add column profiles {json} not null default '{}'`,
    `alter table agents add column fallbacks {json} not null default '[]'`,
    `alter table agents add column revision {integer} not null default 1`,
    `create index agents_manager_index on agents (company_id, reports_to, id) where reports_to is not null`,

    `create table agent_revisions (
      company_id {uuid} not null,
      agent_id {uuid} not null,
      number {integer} not null,
      configuration {json} not null,
      changed {json} not null,
      rolled_back_to {integer},
      actor_kind text not null,
      actor_id text not null,
      created_at {time} not null,
      primary key (company_id, agent_id, number),
      constraint agent_revisions_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
    ) {table}`,
    // What those who are here already are configured to be is their first revision.
    {
      sqlite: `insert into agent_revisions (company_id, agent_id, number, configuration, changed, actor_kind, actor_id, created_at)
        select company_id, id, 1, json_object('role', role, 'title', title, 'instructions', instructions, 'capabilities', json(capabilities),
          'specializations', json('[]'), 'adapterType', adapter_type, 'adapterConfig', json(adapter_config), 'profiles', json('{}'),
          'fallbacks', json('[]'), 'executionMode', execution_mode, 'contextMode', 'fat', 'maxConcurrentRuns', max_concurrent_runs,
          'maxConcurrentTasks', null), '[]', 'system', 'system', updated_at from agents`,
      postgres: `insert into agent_revisions (company_id, agent_id, number, configuration, changed, actor_kind, actor_id, created_at)
        select company_id, id, 1, jsonb_build_object('role', role, 'title', title, 'instructions', instructions, 'capabilities', capabilities,
          'specializations', '[]'::jsonb, 'adapterType', adapter_type, 'adapterConfig', adapter_config, 'profiles', '{}'::jsonb,
          'fallbacks', '[]'::jsonb, 'executionMode', execution_mode, 'contextMode', 'fat', 'maxConcurrentRuns', max_concurrent_runs,
          'maxConcurrentTasks', null), '[]', 'system', 'system', updated_at from agents`,
    },
    // How an agent does lately: what it ended, what it submitted.
    `create index tasks_ended_index on tasks (company_id, assignee_agent_id, coalesce(completed_at, cancelled_at))
      where status in ('done', 'cancelled')`,
    `create index deliverables_agent_index on deliverables (company_id, agent_id, id) where agent_id is not null`,

    `create index goals_parent_index on goals (company_id, parent_id, id) where parent_id is not null`,

    `create table projects (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      goal_id {uuid},
      lead_agent_id {uuid},
      default_agent_id {uuid},
      name text not null,
      description text,
      status text not null,
      target_date text,
      env {json} not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint projects_company_key unique (company_id, id),
      constraint projects_goal_fkey foreign key (company_id, goal_id) references goals (company_id, id),
      constraint projects_lead_fkey foreign key (company_id, lead_agent_id) references agents (company_id, id),
      constraint projects_default_agent_fkey foreign key (company_id, default_agent_id) references agents (company_id, id)
    ) {table}`,
    `create index projects_status_index on projects (company_id, status, id)`,
    `create index projects_goal_index on projects (company_id, goal_id, id) where goal_id is not null`,

    `create table sprints (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      project_id {uuid},
      name text not null,
      goal text,
      status text not null,
      starts_on text,
      ends_on text,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint sprints_company_key unique (company_id, id),
      constraint sprints_project_fkey foreign key (company_id, project_id) references projects (company_id, id)
    ) {table}`,
    `create index sprints_status_index on sprints (company_id, status, id)`,
    `create index sprints_project_index on sprints (company_id, project_id, id) where project_id is not null`,

    // name_key is the name in lower case: databases differ in what they take that to be.
    `create table labels (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      name text not null,
      name_key text not null,
      color text,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint labels_company_key unique (company_id, id),
      constraint labels_name_key unique (company_id, name_key)
    ) {table}`,
  ],
}
