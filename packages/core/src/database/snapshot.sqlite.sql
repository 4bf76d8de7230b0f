-- Generated from the migrations by `pnpm schema:generate`.

CREATE TABLE agents (
  id text primary key,
  company_id text not null references companies (id),
  name text not null,
  role text not null,
  title text,
  instructions text,
  reports_to text,
  status text not null,
  pause_reason text,
  error_message text,
  capabilities text not null,
  adapter_type text not null,
  adapter_config text not null,
  execution_mode text not null,
  max_concurrent_runs integer not null,
  version integer not null,
  created_at text not null,
  updated_at text not null, live_runs integer not null default 0,
  constraint agents_company_key unique (company_id, id),
  constraint agents_name_key unique (company_id, name),
  constraint agents_reports_to_fkey foreign key (company_id, reports_to) references agents (company_id, id)
) strict;

CREATE TABLE comments (
  id text primary key,
  company_id text not null,
  task_id text not null,
  parent_id text,
  author_kind text not null,
  author_id text not null,
  run_id text,
  body text not null,
  created_at text not null,
  constraint comments_company_key unique (company_id, id),
  constraint comments_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint comments_parent_fkey foreign key (company_id, parent_id) references comments (company_id, id),
  constraint comments_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE INDEX comments_task_index on comments (company_id, task_id, id);

CREATE TABLE companies (
  id text primary key,
  name text not null,
  description text,
  status text not null,
  task_prefix text not null,
  task_counter integer not null default 0,
  settings text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint companies_task_prefix_key unique (task_prefix)
) strict;

CREATE TABLE company_counters (
  company_id text not null references companies (id),
  shard integer not null,
  backlog integer not null,
  todo integer not null,
  in_progress integer not null,
  in_review integer not null,
  blocked integer not null,
  done integer not null,
  cancelled integer not null,
  primary key (company_id, shard)
) strict;

CREATE TABLE deliverables (
  id text primary key,
  company_id text not null,
  task_id text not null,
  run_id text,
  agent_id text,
  number integer not null,
  parent_id text,
  title text not null,
  summary text,
  content text not null,
  content_type text not null,
  status text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint deliverables_company_key unique (company_id, id),
  constraint deliverables_number_key unique (company_id, task_id, number),
  constraint deliverables_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint deliverables_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
  constraint deliverables_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint deliverables_parent_fkey foreign key (company_id, parent_id) references deliverables (company_id, id)
) strict;

CREATE UNIQUE INDEX deliverables_one_pending_index on deliverables (company_id, task_id) where status = 'pending';

CREATE INDEX deliverables_status_index on deliverables (company_id, status, id);

CREATE TABLE "engine_identity" (
  id integer primary key,
  epoch integer not null,
  identity text not null, database_id integer not null default 0, table_id integer not null default 0,
  constraint engine_instance_is_one check (id = 1)
) strict;

CREATE VIEW engine_instance as select epoch from engine_identity;

CREATE TABLE engine_migrations (
position integer primary key, id text not null unique, checksum text not null, applied_at text not null
  ) strict;

CREATE TABLE events (
  seq integer primary key autoincrement,
  id text not null,
  company_id text not null,
  type text not null,
  actor_kind text not null,
  actor_id text not null,
  run_id text,
  entity_type text not null,
  entity_id text not null,
  entity_version integer not null,
  data text not null,
  request_id text,
  at text not null
, epoch integer not null default 1) strict;

CREATE TRIGGER events_are_not_changed before update on events begin select raise(abort, 'events are append-only'); end;

CREATE TRIGGER events_are_not_deleted before delete on events begin select raise(abort, 'events are append-only'); end;

CREATE INDEX events_company_index on events (company_id, seq);

CREATE INDEX events_entity_index on events (company_id, entity_id, seq);

CREATE TABLE goals (
  id text primary key,
  company_id text not null references companies (id),
  parent_id text,
  owner_agent_id text,
  level text not null,
  title text not null,
  description text,
  status text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint goals_company_key unique (company_id, id),
  constraint goals_parent_fkey foreign key (company_id, parent_id) references goals (company_id, id),
  constraint goals_owner_fkey foreign key (company_id, owner_agent_id) references agents (company_id, id)
) strict;

CREATE TABLE idempotency_records (
  scope text not null,
  key_hash text not null,
  input_hash text not null,
  sealed_output text not null,
  created_at text not null,
  primary key (scope, key_hash)
) strict;

CREATE INDEX idempotency_age_index on idempotency_records (created_at);

CREATE TABLE leases (
  run_id text primary key,
  company_id text not null,
  task_id text not null,
  agent_id text not null,
  fence integer not null,
  worker_id text not null,
  expires_at text not null,
  constraint leases_one_owner unique (company_id, task_id),
  constraint leases_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
  constraint leases_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint leases_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
) strict;

CREATE INDEX leases_agent_index on leases (company_id, agent_id);

CREATE INDEX leases_expiry_index on leases (expires_at);

CREATE TABLE reviews (
  deliverable_id text primary key,
  company_id text not null,
  decision text not null,
  feedback text,
  reviewer_kind text not null,
  reviewer_id text not null,
  created_at text not null,
  constraint reviews_deliverable_fkey foreign key (company_id, deliverable_id) references deliverables (company_id, id)
) strict;

CREATE TABLE run_log (
  company_id text not null,
  run_id text not null,
  sequence integer not null,
  stream text not null,
  text text not null,
  total_bytes integer not null,
  at text not null,
  primary key (company_id, run_id, sequence),
  constraint run_log_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE TABLE runs (
  id text primary key,
  company_id text not null references companies (id),
  agent_id text not null,
  task_id text not null,
  status text not null,
  wake_reasons text not null,
  priority integer not null,
  attempt integer not null,
  retry_of text,
  fence integer,
  worker_id text,
  credential_hash text,
  available_at text not null,
  outcome text,
  error_class text,
  error_message text,
  input_tokens integer not null default 0,
  output_tokens integer not null default 0,
  cached_input_tokens integer not null default 0,
  cost_micros integer not null default 0,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  started_at text,
  finished_at text,
  constraint runs_company_key unique (company_id, id),
  constraint runs_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint runs_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
) strict;

CREATE INDEX runs_agent_index on runs (company_id, agent_id, id);

CREATE UNIQUE INDEX runs_credential_index on runs (credential_hash) where credential_hash is not null;

CREATE UNIQUE INDEX runs_one_queued_index on runs (company_id, agent_id, task_id) where status = 'queued';

CREATE INDEX runs_queue_index on runs (company_id, agent_id, priority, id) where status = 'queued';

CREATE INDEX runs_status_index on runs (company_id, status, id);

CREATE INDEX runs_task_index on runs (company_id, task_id, id);

CREATE TABLE task_blockers (
  company_id text not null,
  task_id text not null,
  blocker_id text not null,
  primary key (company_id, task_id, blocker_id),
  constraint task_blockers_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint task_blockers_blocker_fkey foreign key (company_id, blocker_id) references tasks (company_id, id),
  constraint task_blockers_not_itself check (task_id <> blocker_id)
) strict;

CREATE INDEX task_blockers_blocker_index on task_blockers (company_id, blocker_id);

CREATE TABLE tasks (
  id text primary key,
  company_id text not null references companies (id),
  identifier text not null,
  title text not null,
  description text,
  status text not null,
  priority integer not null,
  goal_id text,
  parent_id text,
  assignee_agent_id text,
  preferred_agent_id text,
  required_capabilities text not null,
  tags text not null,
  acceptance_criteria text not null,
  context text not null,
  max_attempts integer not null,
  blocked_reason text,
  blocked_owner text,
  progress_percent integer not null default 0,
  progress_message text,
  fence integer not null default 0,
  checkout_run_id text,
  checkout_agent_id text,
  checkout_at text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  started_at text,
  completed_at text,
  cancelled_at text,
  constraint tasks_company_key unique (company_id, id),
  constraint tasks_identifier_key unique (identifier),
  constraint tasks_goal_fkey foreign key (company_id, goal_id) references goals (company_id, id),
  constraint tasks_parent_fkey foreign key (company_id, parent_id) references tasks (company_id, id),
  constraint tasks_assignee_fkey foreign key (company_id, assignee_agent_id) references agents (company_id, id),
  constraint tasks_preferred_fkey foreign key (company_id, preferred_agent_id) references agents (company_id, id)
) strict;

CREATE INDEX tasks_assignee_index on tasks (company_id, assignee_agent_id, id) where assignee_agent_id is not null;

CREATE INDEX tasks_parent_index on tasks (company_id, parent_id, id) where parent_id is not null;

CREATE INDEX tasks_status_index on tasks (company_id, status, id);
