-- Generated from the migrations by `pnpm schema:generate`.

CREATE TABLE account_events (
  id text primary key,
  user_id text,
  type text not null,
  actor_kind text not null,
  actor_id text not null,
  address text,
  user_agent text,
  data text not null,
  at text not null
) strict;

CREATE INDEX account_events_at_index on account_events (at);

CREATE INDEX account_events_user_index on account_events (user_id, id);

CREATE TABLE account_links (
  id text primary key,
  kind text not null,
  user_id text references users (id),
  token_hash text not null,
  expires_at text not null,
  created_at text not null,
  constraint account_links_token_key unique (token_hash),
  constraint account_links_for_whom check ((kind = 'password') = (user_id is not null))
) strict;

CREATE UNIQUE INDEX account_links_setup_index on account_links (kind) where kind = 'setup';

CREATE UNIQUE INDEX account_links_user_index on account_links (user_id) where user_id is not null;

CREATE TABLE accounts (
  user_id text primary key references users (id),
  password text not null,
  role text,
  version integer not null,
  created_at text not null,
  updated_at text not null
) strict;

CREATE INDEX accounts_role_index on accounts (role) where role is not null;

CREATE TABLE agent_revisions (
  company_id text not null,
  agent_id text not null,
  number integer not null,
  configuration text not null,
  changed text not null,
  rolled_back_to integer,
  actor_kind text not null,
  actor_id text not null,
  created_at text not null,
  primary key (company_id, agent_id, number),
  constraint agent_revisions_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
) strict;

CREATE TABLE agent_sessions (
  company_id text not null,
  agent_id text not null,
  task_id text not null,
  fingerprint text not null,
  state text not null,
  runs integer not null,
  input_tokens integer not null,
  created_at text not null,
  updated_at text not null,
  primary key (company_id, agent_id, task_id),
  constraint agent_sessions_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint agent_sessions_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
) strict;

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
  updated_at text not null, live_runs integer not null default 0, icon text, specializations text not null default '[]', tags text not null default '[]', max_concurrent_tasks integer, context_mode text not null default 'fat', profiles text not null default '{}', fallbacks text not null default '[]', revision integer not null default 1, max_cost_micros_per_run integer, schedule text, wakes_at text, error_code text,
  constraint agents_company_key unique (company_id, id),
  constraint agents_name_key unique (company_id, name),
  constraint agents_reports_to_fkey foreign key (company_id, reports_to) references agents (company_id, id)
) strict;

CREATE INDEX agents_manager_index on agents (company_id, reports_to, id) where reports_to is not null;

CREATE INDEX agents_wakes_index on agents (wakes_at) where wakes_at is not null;

CREATE TABLE approvals (
  id text primary key,
  company_id text not null references companies (id),
  type text not null,
  subject text not null,
  status text not null,
  payload text not null,
  payload_hash text not null,
  reason text,
  task_id text,
  agent_id text,
  requested_by_kind text not null,
  requested_by_id text not null,
  run_id text,
  decided_by_kind text,
  decided_by_id text,
  decision_note text,
  decided_at text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint approvals_company_key unique (company_id, id),
  constraint approvals_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint approvals_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint approvals_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE UNIQUE INDEX approvals_one_pending_index on approvals (company_id, type, subject) where status in ('pending', 'revision_requested');

CREATE INDEX approvals_status_index on approvals (company_id, status, id);

CREATE INDEX approvals_task_index on approvals (company_id, task_id, id) where task_id is not null;

CREATE INDEX approvals_type_index on approvals (company_id, type, id);

CREATE TABLE assets (
  id text primary key,
  company_id text not null references companies (id),
  sha256 text not null,
  byte_size integer not null,
  created_at text not null,
  constraint assets_company_key unique (company_id, id),
  constraint assets_sha256_key unique (company_id, sha256)
) strict;

CREATE TABLE attachments (
  id text primary key,
  company_id text not null,
  task_id text not null,
  comment_id text,
  asset_id text not null,
  name text not null,
  content_type text not null,
  author_kind text not null,
  author_id text not null,
  run_id text,
  created_at text not null,
  deleted_at text,
  version integer not null,
  constraint attachments_company_key unique (company_id, id),
  constraint attachments_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint attachments_comment_fkey foreign key (company_id, comment_id) references comments (company_id, id),
  constraint attachments_asset_fkey foreign key (company_id, asset_id) references assets (company_id, id),
  constraint attachments_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE INDEX attachments_task_index on attachments (company_id, task_id, id);

CREATE TABLE breakers (
  id text primary key,
  company_id text not null references companies (id),
  adapter_type text not null,
  provider text not null,
  status text not null,
  failures integer not null,
  failure_class text,
  reason text,
  opened_at text,
  cools_until text,
  probe_run_id text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint breakers_company_key unique (company_id, id),
  constraint breakers_provider_key unique (company_id, adapter_type, provider)
) strict;

CREATE INDEX breakers_open_index on breakers (company_id) where status <> 'closed';

CREATE INDEX breakers_probe_index on breakers (company_id, probe_run_id) where probe_run_id is not null;

CREATE INDEX breakers_status_index on breakers (company_id, status, id);

CREATE TABLE budget_hold_lines (
  company_id text not null,
  hold_id text not null,
  budget_id text not null,
  starts_at text not null,
  amount integer not null,
  primary key (company_id, hold_id, budget_id),
  constraint budget_hold_lines_hold_fkey foreign key (company_id, hold_id) references budget_holds (company_id, id),
  constraint budget_hold_lines_period_fkey foreign key (company_id, budget_id, starts_at)
    references budget_periods (company_id, budget_id, starts_at),
  constraint budget_hold_lines_amount_check check (amount >= 0)
) strict;

CREATE TABLE budget_holds (
  id text primary key,
  company_id text not null,
  run_id text not null,
  agent_id text not null,
  project_id text,
  task_id text not null,
  kind text not null,
  status text not null,
  cost_micros integer,
  tokens integer,
  wall_ms integer,
  admitted_at text not null,
  ended_at text,
  version integer not null, provider text, model text,
  constraint budget_holds_company_key unique (company_id, id),
  constraint budget_holds_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE INDEX budget_holds_open_index on budget_holds (company_id, run_id) where status = 'open';

CREATE TABLE budget_incidents (
  id text primary key,
  company_id text not null,
  budget_id text not null,
  starts_at text not null,
  status text not null,
  resolution text,
  limit_amount integer not null,
  spent integer not null,
  held integer not null,
  approval_id text,
  resolved_by_kind text,
  resolved_by_id text,
  resolved_at text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint budget_incidents_company_key unique (company_id, id),
  constraint budget_incidents_budget_fkey foreign key (company_id, budget_id) references budgets (company_id, id),
  constraint budget_incidents_approval_fkey foreign key (company_id, approval_id) references approvals (company_id, id)
) strict;

CREATE INDEX budget_incidents_list_index on budget_incidents (company_id, id);

CREATE UNIQUE INDEX budget_incidents_open_key on budget_incidents (company_id, budget_id) where status = 'open';

CREATE INDEX budget_incidents_status_index on budget_incidents (company_id, status, id);

CREATE TABLE budget_periods (
  company_id text not null,
  budget_id text not null,
  starts_at text not null,
  ends_at text,
  limit_amount integer not null,
  is_hard integer not null,
  spent integer not null,
  held integer not null,
  excess integer not null,
  is_warned integer not null,
  primary key (company_id, budget_id, starts_at),
  constraint budget_periods_budget_fkey foreign key (company_id, budget_id) references budgets (company_id, id),
  constraint budget_periods_counts_check check (spent >= 0 and held >= 0 and excess >= 0),
  constraint budget_periods_limit_check check (is_hard = 0 or spent + held <= limit_amount + excess)
) strict;

CREATE TABLE budget_stops (
  company_id text not null,
  budget_id text not null,
  scope_id text not null,
  starts_at text not null,
  ends_at text,
  created_at text not null,
  primary key (company_id, budget_id),
  constraint budget_stops_budget_fkey foreign key (company_id, budget_id) references budgets (company_id, id)
) strict;

CREATE INDEX budget_stops_ends_index on budget_stops (ends_at) where ends_at is not null;

CREATE INDEX budget_stops_scope_index on budget_stops (company_id, scope_id);

CREATE TABLE budgets (
  id text primary key,
  company_id text not null references companies (id),
  scope text not null,
  scope_id text not null,
  project_id text,
  agent_id text,
  task_id text,
  time_window text not null,
  metric text not null,
  limit_amount integer not null,
  warn_percent integer not null,
  is_hard integer not null,
  removed_at text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint budgets_company_key unique (company_id, id),
  constraint budgets_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
  constraint budgets_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint budgets_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint budgets_of_one_scope check (
    (scope = 'company' and scope_id = company_id and project_id is null and agent_id is null and task_id is null)
    or (scope = 'project' and project_id = scope_id and agent_id is null and task_id is null)
    or (scope = 'agent' and agent_id = scope_id and project_id is null and task_id is null)
    or (scope = 'task' and task_id = scope_id and project_id is null and agent_id is null)),
  constraint budgets_limit_check check (limit_amount >= 0)
) strict;

CREATE INDEX budgets_hard_index on budgets (company_id) where removed_at is null and is_hard = 1;

CREATE INDEX budgets_list_index on budgets (company_id, id) where removed_at is null;

CREATE INDEX budgets_scope_index on budgets (company_id, scope, id) where removed_at is null;

CREATE UNIQUE INDEX budgets_scope_key on budgets (company_id, scope_id, time_window, metric) where removed_at is null;

CREATE TABLE comment_mentions (
  company_id text not null,
  agent_id text not null,
  comment_id text not null,
  primary key (company_id, agent_id, comment_id),
  constraint comment_mentions_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint comment_mentions_comment_fkey foreign key (company_id, comment_id) references comments (company_id, id)
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
  created_at text not null, deliverable_id text references deliverables (id), mentions text not null default '[]',
  constraint comments_company_key unique (company_id, id),
  constraint comments_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint comments_parent_fkey foreign key (company_id, parent_id) references comments (company_id, id),
  constraint comments_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE INDEX comments_deliverable_index on comments (company_id, deliverable_id, id) where deliverable_id is not null;

CREATE TRIGGER comments_deliverable_insert before insert on comments when new.deliverable_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: comments_deliverable')
where not exists (select 1 from deliverables where company_id = new.company_id and id = new.deliverable_id); end;

CREATE TRIGGER comments_deliverable_update before update of deliverable_id, company_id on comments when new.deliverable_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: comments_deliverable')
where not exists (select 1 from deliverables where company_id = new.company_id and id = new.deliverable_id); end;

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
  updated_at text not null, requires_hire_approval integer not null default 0, strategy_gate text not null default 'none', pause_reason text, brand_color text, attachment_max_bytes integer not null default 10485760, default_agent_id text references agents (id),
  constraint companies_task_prefix_key unique (task_prefix)
) strict;

CREATE TRIGGER companies_default_agent_insert before insert on companies when new.default_agent_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: companies_default_agent')
where not exists (select 1 from agents where company_id = new.id and id = new.default_agent_id); end;

CREATE TRIGGER companies_default_agent_update before update of default_agent_id, id on companies when new.default_agent_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: companies_default_agent')
where not exists (select 1 from agents where company_id = new.id and id = new.default_agent_id); end;

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

CREATE TABLE cost_events (
  id text primary key,
  company_id text not null references companies (id),
  source text not null,
  source_event_id text not null,
  run_id text,
  task_id text,
  project_id text,
  goal_id text,
  agent_id text,
  adapter text,
  provider text not null,
  model text,
  input_tokens integer not null,
  output_tokens integer not null,
  cached_input_tokens integer not null,
  cost_micros integer not null,
  is_imputed integer not null,
  billing_type text not null,
  occurred_at text not null,
  created_at text not null, is_unpriced integer not null default 0,
  constraint cost_events_source_key unique (company_id, source, source_event_id),
  constraint cost_events_amounts_check check (input_tokens >= 0 and output_tokens >= 0 and cached_input_tokens >= 0 and cost_micros >= 0),
  constraint cost_events_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
  constraint cost_events_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint cost_events_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
  constraint cost_events_goal_fkey foreign key (company_id, goal_id) references goals (company_id, id),
  constraint cost_events_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
) strict;

CREATE INDEX cost_events_agent_index on cost_events (company_id, agent_id, occurred_at, id) where agent_id is not null;

CREATE INDEX cost_events_project_index on cost_events (company_id, project_id, occurred_at, id) where project_id is not null;

CREATE INDEX cost_events_run_index on cost_events (company_id, run_id, occurred_at, id) where run_id is not null;

CREATE INDEX cost_events_task_index on cost_events (company_id, task_id, occurred_at, id) where task_id is not null;

CREATE INDEX cost_events_time_index on cost_events (company_id, occurred_at, id);

CREATE TABLE cost_totals (
  company_id text not null references companies (id),
  scope text not null,
  period text not null,
  subject text not null,
  billing_type text not null,
  is_imputed integer not null,
  shard integer not null,
  events integer not null,
  unpriced integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cached_input_tokens integer not null,
  cost_micros integer not null,
  primary key (company_id, scope, period, subject, billing_type, is_imputed, shard)
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
  updated_at text not null, files text not null default '[]', actions text not null default '[]', usage text, provider text, model text,
  constraint deliverables_company_key unique (company_id, id),
  constraint deliverables_number_key unique (company_id, task_id, number),
  constraint deliverables_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint deliverables_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
  constraint deliverables_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint deliverables_parent_fkey foreign key (company_id, parent_id) references deliverables (company_id, id)
) strict;

CREATE INDEX deliverables_agent_index on deliverables (company_id, agent_id, id) where agent_id is not null;

CREATE UNIQUE INDEX deliverables_one_pending_index on deliverables (company_id, task_id) where status = 'pending';

CREATE INDEX deliverables_status_index on deliverables (company_id, status, id);

CREATE TABLE deliveries (
  id text primary key,
  company_id text not null,
  route_id text not null,
  event_id text not null,
  event_seq integer not null,
  event_type text not null,
  entity_type text not null,
  entity_id text not null,
  status text not null,
  attempts integer not null,
  tries integer not null,
  tried_since text,
  claimed_at text,
  next_at text,
  fence integer not null,
  reason text,
  response_status integer,
  reference text,
  created_at text not null,
  updated_at text not null,
  ended_at text, digest_id text, claimed_until text, last_try text,
  constraint deliveries_company_key unique (company_id, id),
  constraint deliveries_event_key unique (route_id, event_id),
  constraint deliveries_only_open_are_due check (next_at is null or status in ('pending', 'retrying')),
  constraint deliveries_route_fkey foreign key (company_id, route_id) references routes (company_id, id)
) strict;

CREATE INDEX deliveries_digest_index on deliveries (company_id, route_id, digest_id) where digest_id is not null and status in ('pending', 'retrying');

CREATE INDEX deliveries_due_index on deliveries (route_id, next_at, event_seq) where next_at is not null;

CREATE INDEX deliveries_entity_index on deliveries (company_id, entity_id, id);

CREATE INDEX deliveries_lane_index on deliveries (company_id, route_id, entity_id, event_seq) where status in ('pending', 'retrying');

CREATE INDEX deliveries_route_index on deliveries (company_id, route_id, id);

CREATE INDEX deliveries_route_status_index on deliveries (company_id, route_id, status, id) where status <> 'delivered';

CREATE INDEX deliveries_status_index on deliveries (company_id, status, id) where status <> 'delivered';

CREATE TABLE delivery_attempts (
  company_id text not null,
  delivery_id text not null,
  number integer not null,
  result text not null,
  response_status integer,
  reason text,
  response text,
  started_at text not null,
  ended_at text not null,
  primary key (company_id, delivery_id, number),
  constraint delivery_attempts_delivery_fkey foreign key (company_id, delivery_id) references deliveries (company_id, id)
) strict;

CREATE TABLE document_revisions (
  company_id text not null,
  document_id text not null,
  number integer not null,
  title text not null,
  body text not null,
  note text,
  author_kind text not null,
  author_id text not null,
  run_id text,
  created_at text not null,
  primary key (company_id, document_id, number),
  constraint document_revisions_document_fkey foreign key (company_id, document_id) references documents (company_id, id),
  constraint document_revisions_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE TABLE documents (
  id text primary key,
  company_id text not null,
  task_id text not null,
  key text not null,
  title text not null,
  revision integer not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint documents_company_key unique (company_id, id),
  constraint documents_key_key unique (company_id, task_id, key),
  constraint documents_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
) strict;

CREATE INDEX documents_task_index on documents (company_id, task_id, id);

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

CREATE INDEX goals_parent_index on goals (company_id, parent_id, id) where parent_id is not null;

CREATE TABLE idempotency_records (
  scope text not null,
  key_hash text not null,
  input_hash text not null,
  sealed_output text not null,
  created_at text not null,
  primary key (scope, key_hash)
) strict;

CREATE INDEX idempotency_age_index on idempotency_records (created_at);

CREATE INDEX idempotency_key_index on idempotency_records (key_hash);

CREATE TABLE interactions (
  id text primary key,
  company_id text not null references companies (id),
  task_id text not null,
  run_id text,
  kind text not null,
  prompt text not null,
  ask text not null,
  status text not null,
  answerer text not null,
  answerer_user_id text,
  waits integer not null,
  asked_by_kind text not null,
  asked_by_id text not null,
  answer text,
  answered_by_kind text,
  answered_by_id text,
  answered_at text,
  expires_at text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint interactions_company_key unique (company_id, id),
  constraint interactions_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint interactions_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
  constraint interactions_answerer_fkey foreign key (company_id, answerer_user_id) references members (company_id, user_id)
) strict;

CREATE INDEX interactions_expiry_index on interactions (expires_at) where status = 'pending' and expires_at is not null;

CREATE INDEX interactions_kind_index on interactions (company_id, kind, id);

CREATE UNIQUE INDEX interactions_one_awaited_index on interactions (company_id, run_id) where status = 'pending' and waits = 1;

CREATE INDEX interactions_status_index on interactions (company_id, status, id);

CREATE INDEX interactions_task_index on interactions (company_id, task_id, id);

CREATE TABLE invites (
  id text primary key,
  company_id text not null references companies (id),
  email text,
  role text not null,
  status text not null,
  token_hash text not null,
  invited_by_kind text not null,
  invited_by_id text not null,
  member_id text,
  expires_at text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint invites_company_key unique (company_id, id),
  constraint invites_token_key unique (token_hash),
  constraint invites_member_fkey foreign key (company_id, member_id) references members (company_id, id)
) strict;

CREATE INDEX invites_status_index on invites (company_id, status, id);

CREATE TABLE keys (
  id text primary key,
  company_id text not null references companies (id),
  kind text not null,
  member_id text,
  agent_id text,
  name text not null,
  prefix text not null,
  hash text not null,
  scopes text,
  expires_at text,
  revoked_at text,
  last_used_at text,
  created_by_kind text not null,
  created_by_id text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint keys_company_key unique (company_id, id),
  constraint keys_hash_key unique (hash),
  constraint keys_member_fkey foreign key (company_id, member_id) references members (company_id, id),
  constraint keys_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint keys_of_one check ((kind = 'user' and member_id is not null and agent_id is null)
    or (kind = 'agent' and agent_id is not null and member_id is null))
) strict;

CREATE INDEX keys_agent_index on keys (company_id, agent_id, id) where agent_id is not null;

CREATE INDEX keys_member_index on keys (company_id, member_id, id) where member_id is not null;

CREATE TABLE knowledge_entries (
  id text primary key,
  company_id text not null references companies (id),
  project_id text,
  title text not null,
  body text not null,
  tags text not null,
  source text,
  tokens integer not null,
  created_by_kind text not null,
  created_by_id text not null,
  updated_by_kind text not null,
  updated_by_id text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  deleted_at text,
  constraint knowledge_entries_company_key unique (company_id, id),
  constraint knowledge_entries_project_fkey foreign key (company_id, project_id) references projects (company_id, id)
) strict;

CREATE INDEX knowledge_entries_changed_index on knowledge_entries (updated_at, id) where deleted_at is null;

CREATE INDEX knowledge_entries_live_index on knowledge_entries (company_id, id) where deleted_at is null;

CREATE INDEX knowledge_entries_project_index on knowledge_entries (company_id, project_id, id) where deleted_at is null;

CREATE TABLE knowledge_tags (
  company_id text not null,
  tag text not null,
  entry_id text not null,
  primary key (company_id, tag, entry_id),
  constraint knowledge_tags_entry_fkey foreign key (company_id, entry_id) references knowledge_entries (company_id, id)
) strict;

CREATE INDEX knowledge_tags_entry_index on knowledge_tags (company_id, entry_id);

CREATE TABLE knowledge_vectors (
  company_id text not null,
  embedder text not null,
  entry_id text not null,
  entry_version integer not null,
  vector text not null,
  primary key (company_id, embedder, entry_id),
  constraint knowledge_vectors_entry_fkey foreign key (company_id, entry_id) references knowledge_entries (company_id, id)
) strict;

CREATE INDEX knowledge_vectors_entry_index on knowledge_vectors (company_id, entry_id);

CREATE TABLE labels (
  id text primary key,
  company_id text not null references companies (id),
  name text not null,
  name_key text not null,
  color text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint labels_company_key unique (company_id, id),
  constraint labels_name_key unique (company_id, name_key)
) strict;

CREATE TABLE leases (
  run_id text primary key,
  company_id text not null,
  task_id text not null,
  agent_id text not null,
  fence integer not null,
  worker_id text not null,
  expires_at text not null, tasks_made integer not null default 0,
  constraint leases_one_owner unique (company_id, task_id),
  constraint leases_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
  constraint leases_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint leases_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
) strict;

CREATE INDEX leases_agent_index on leases (company_id, agent_id);

CREATE INDEX leases_expiry_index on leases (expires_at);

CREATE INDEX leases_worker_index on leases (worker_id);

CREATE TABLE login_attempts (
  key text primary key,
  kind text not null,
  count integer not null,
  last_at text not null,
  blocked_until text,
  succeeded_at text
) strict;

CREATE INDEX login_attempts_last_index on login_attempts (last_at);

CREATE TABLE members (
  id text primary key,
  company_id text not null references companies (id),
  user_id text not null references users (id),
  agent_id text not null,
  name text not null,
  role text not null,
  status text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint members_company_key unique (company_id, id),
  constraint members_user_key unique (company_id, user_id),
  constraint members_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
) strict;

CREATE INDEX members_user_index on members (user_id);

CREATE TABLE node_keys (
  id text primary key,
  name text not null,
  prefix text not null,
  hash text not null,
  expires_at text,
  revoked_at text,
  created_by text not null,
  created_at text not null,
  constraint node_keys_hash_key unique (hash)
) strict;

CREATE TABLE plugin_cursors (
  company_id text not null references companies (id),
  plugin text not null,
  subscription text not null,
  after_seq integer not null,
  parked_seq integer,
  status text not null,
  attempts integer not null,
  marks integer not null,
  fence integer not null,
  next_at text,
  reason text,
  updated_at text not null,
  primary key (company_id, plugin, subscription),
  constraint plugin_cursors_status_check check (status in ('live', 'parked')),
  constraint plugin_cursors_only_live_are_due check (next_at is null or status = 'live')
) strict;

CREATE INDEX plugin_cursors_due_index on plugin_cursors (next_at) where next_at is not null;

CREATE TABLE plugin_jobs (
  plugin text not null,
  name text not null,
  next_at text not null,
  fence integer not null,
  attempts integer not null,
  primary key (plugin, name)
) strict;

CREATE TABLE plugin_logs (
  id text primary key,
  company_id text not null references companies (id),
  plugin text not null,
  level text not null,
  message text not null,
  data text,
  at text not null
) strict;

CREATE INDEX plugin_logs_index on plugin_logs (company_id, plugin, id);

CREATE TABLE plugin_migrations (
  plugin text not null,
  position integer not null,
  id text not null,
  checksum text not null,
  applied_at text not null,
  primary key (plugin, position)
) strict;

CREATE TABLE plugin_state (
  company_id text not null references companies (id),
  plugin text not null,
  key text not null,
  value text not null,
  version integer not null,
  updated_at text not null, claim_number integer,
  primary key (company_id, plugin, key)
) strict;

CREATE INDEX plugin_state_claims_index on plugin_state (company_id, plugin, claim_number) where claim_number is not null;

CREATE INDEX plugin_state_values_index on plugin_state (company_id, plugin) where claim_number is null;

CREATE TABLE plugin_subscriptions (
  plugin text not null,
  name text not null,
  begins_after integer not null,
  scanned_to integer not null,
  primary key (plugin, name)
) strict;

CREATE TABLE plugins (
  id text primary key,
  company_id text not null references companies (id),
  plugin text not null,
  status text not null,
  version_label text not null,
  capabilities text not null,
  capabilities_hash text not null,
  config text not null,
  reason text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint plugins_company_key unique (company_id, id),
  constraint plugins_plugin_key unique (company_id, plugin),
  constraint plugins_status_check check (status in ('installed', 'ready', 'disabled', 'error', 'quarantined', 'uninstalled'))
) strict;

CREATE INDEX plugins_name_index on plugins (plugin, company_id);

CREATE TABLE preferences (
  id text primary key,
  company_id text not null references companies (id),
  scope text not null,
  scope_id text not null,
  key text not null,
  value text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint preferences_company_key unique (company_id, id),
  constraint preferences_scope_key unique (company_id, scope, scope_id, key)
) strict;

CREATE INDEX preferences_scope_index on preferences (company_id, scope, scope_id, id);

CREATE TABLE prices (
  id text primary key,
  company_id text not null references companies (id),
  provider text not null,
  model text not null,
  effective_from text not null,
  input_micros integer not null,
  cached_input_micros integer not null,
  cache_write_micros integer not null,
  output_micros integer not null,
  tiers text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint prices_company_key unique (company_id, id),
  constraint prices_effective_key unique (company_id, provider, model, effective_from),
  constraint prices_not_negative check (input_micros >= 0 and cached_input_micros >= 0 and cache_write_micros >= 0 and output_micros >= 0)
) strict;

CREATE INDEX prices_provider_index on prices (company_id, provider, id);

CREATE TABLE projects (
  id text primary key,
  company_id text not null references companies (id),
  goal_id text,
  lead_agent_id text,
  default_agent_id text,
  name text not null,
  description text,
  status text not null,
  target_date text,
  env text not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint projects_company_key unique (company_id, id),
  constraint projects_goal_fkey foreign key (company_id, goal_id) references goals (company_id, id),
  constraint projects_lead_fkey foreign key (company_id, lead_agent_id) references agents (company_id, id),
  constraint projects_default_agent_fkey foreign key (company_id, default_agent_id) references agents (company_id, id)
) strict;

CREATE INDEX projects_goal_index on projects (company_id, goal_id, id) where goal_id is not null;

CREATE INDEX projects_status_index on projects (company_id, status, id);

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

CREATE TABLE route_events (
  company_id text not null,
  pattern text not null,
  route_id text not null,
  primary key (company_id, pattern, route_id),
  constraint route_events_route_fkey foreign key (company_id, route_id) references routes (company_id, id)
) strict;

CREATE INDEX route_events_route_index on route_events (company_id, route_id);

CREATE TABLE routes (
  id text primary key,
  company_id text not null references companies (id),
  project_id text,
  agent_id text,
  name text not null,
  events text not null,
  conditions text not null,
  destination_type text not null,
  config text not null,
  mapping text,
  template text,
  retry text not null,
  is_enabled integer not null,
  removed_at text,
  version integer not null,
  created_at text not null,
  updated_at text not null, digest text,
  constraint routes_company_key unique (company_id, id),
  constraint routes_one_scope check (project_id is null or agent_id is null),
  constraint routes_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
  constraint routes_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
) strict;

CREATE INDEX routes_agent_index on routes (company_id, agent_id, id) where removed_at is null and agent_id is not null;

CREATE INDEX routes_live_index on routes (company_id, id) where removed_at is null;

CREATE INDEX routes_project_index on routes (company_id, project_id, id) where removed_at is null and project_id is not null;

CREATE TABLE routine_fires (
  id text primary key,
  company_id text not null,
  routine_id text not null,
  trigger_id text,
  source text not null,
  scheduled_for text,
  delivery_id text,
  status text not null,
  reason text,
  task_id text,
  variables text not null,
  created_at text not null,
  constraint routine_fires_company_key unique (company_id, id),
  constraint routine_fires_time_key unique (trigger_id, scheduled_for),
  constraint routine_fires_delivery_key unique (trigger_id, delivery_id),
  constraint routine_fires_routine_fkey foreign key (company_id, routine_id) references routines (company_id, id),
  constraint routine_fires_trigger_fkey foreign key (company_id, trigger_id) references routine_triggers (company_id, id),
  constraint routine_fires_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
) strict;

CREATE INDEX routine_fires_routine_index on routine_fires (company_id, routine_id, id);

CREATE INDEX routine_fires_status_index on routine_fires (company_id, routine_id, status, id);

CREATE INDEX routine_fires_trigger_index on routine_fires (company_id, trigger_id, id) where trigger_id is not null;

CREATE TABLE routine_triggers (
  id text primary key,
  company_id text not null,
  routine_id text not null,
  kind text not null,
  is_enabled integer not null,
  expression text,
  time_zone text,
  next_at text,
  scheme text,
  window_sec integer,
  mapping text not null,
  key_text text,
  previous_key_text text,
  previous_until text,
  last_fired_at text,
  removed_at text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint routine_triggers_company_key unique (company_id, id),
  constraint routine_triggers_routine_fkey foreign key (company_id, routine_id) references routines (company_id, id),
  constraint routine_triggers_of_one_kind check ((kind = 'cron' and expression is not null and time_zone is not null and scheme is null)
    or (kind = 'webhook' and scheme is not null and expression is null and next_at is null))
) strict;

CREATE INDEX routine_triggers_due_index on routine_triggers (next_at) where next_at is not null;

CREATE INDEX routine_triggers_routine_index on routine_triggers (company_id, routine_id, id);

CREATE TABLE routines (
  id text primary key,
  company_id text not null references companies (id),
  name text not null,
  name_key text not null,
  description text,
  status text not null,
  pause_reason text,
  assignee_agent_id text,
  project_id text,
  goal_id text,
  template text not null,
  variables text not null,
  concurrency text not null,
  catch_up text not null,
  failures integer not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint routines_company_key unique (company_id, id),
  constraint routines_assignee_fkey foreign key (company_id, assignee_agent_id) references agents (company_id, id),
  constraint routines_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
  constraint routines_goal_fkey foreign key (company_id, goal_id) references goals (company_id, id)
) strict;

CREATE UNIQUE INDEX routines_name_key on routines (company_id, name_key) where status <> 'archived';

CREATE INDEX routines_status_index on routines (company_id, status, id);

CREATE TABLE routing_rules (
  id text primary key,
  company_id text not null references companies (id),
  project_id text,
  name text not null,
  position integer not null,
  is_enabled integer not null,
  conditions text not null,
  target_agent_id text,
  target_capability text,
  strategy text,
  fallback_agent_id text,
  last_agent_id text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint routing_rules_company_key unique (company_id, id),
  constraint routing_rules_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
  constraint routing_rules_target_fkey foreign key (company_id, target_agent_id) references agents (company_id, id),
  constraint routing_rules_fallback_fkey foreign key (company_id, fallback_agent_id) references agents (company_id, id),
  constraint routing_rules_last_fkey foreign key (company_id, last_agent_id) references agents (company_id, id)
) strict;

CREATE INDEX routing_rules_order_index on routing_rules (company_id, project_id, position, id);

CREATE INDEX routing_rules_position_index on routing_rules (company_id, position, id);

CREATE TABLE run_callbacks (
  company_id text not null,
  run_id text not null,
  sequence integer not null,
  delivery_id text not null,
  body text not null,
  received_at text not null,
  primary key (company_id, run_id, sequence),
  constraint run_callbacks_delivery_key unique (company_id, run_id, delivery_id),
  constraint run_callbacks_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
) strict;

CREATE INDEX run_callbacks_received_index on run_callbacks (received_at);

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
  finished_at text, adapter_type text, adapter_provider text, adapter_place text, adapter_reason text, is_budgeted integer not null default 0,
  constraint runs_company_key unique (company_id, id),
  constraint runs_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint runs_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
) strict;

CREATE INDEX runs_agent_index on runs (company_id, agent_id, id);

CREATE UNIQUE INDEX runs_credential_index on runs (credential_hash) where credential_hash is not null;

CREATE UNIQUE INDEX runs_one_queued_index on runs (company_id, agent_id, task_id) where status = 'queued';

CREATE UNIQUE INDEX runs_one_waiting_index on runs (company_id, task_id) where status = 'waiting';

CREATE INDEX runs_queue_index on runs (company_id, agent_id, priority, id) where status = 'queued';

CREATE INDEX runs_status_index on runs (company_id, status, id);

CREATE INDEX runs_task_index on runs (company_id, task_id, id);

CREATE TABLE seals (
  company_id text not null,
  number integer not null,
  first_seq integer not null,
  last_seq integer not null,
  count integer not null,
  previous_seal text not null,
  seal text not null,
  epoch integer not null,
  sealed_at text not null,
  primary key (company_id, number),
  constraint seals_are_of_events check (number > 0 and count > 0 and first_seq <= last_seq)
) strict;

CREATE TRIGGER seals_are_not_changed before update on seals begin select raise(abort, 'seals are append-only'); end;

CREATE TRIGGER seals_are_not_deleted before delete on seals begin select raise(abort, 'seals are append-only'); end;

CREATE TABLE search_entries (
    id integer primary key autoincrement, company_id text not null references companies (id), entity_type text not null,
    entity_id text not null, task_id text, title text not null, body text not null, title_words text not null,
    body_words text not null, constraint search_entries_entity_key unique (company_id, entity_type, entity_id)) strict;

CREATE TRIGGER search_entries_delete after delete on search_entries begin
    insert into search_words (search_words, rowid, company_id, title_words, body_words)
      values ('delete', old.id, old.company_id, old.title_words, old.body_words); end;

CREATE TRIGGER search_entries_insert after insert on search_entries begin
    insert into search_words (rowid, company_id, title_words, body_words) values (new.id, new.company_id, new.title_words, new.body_words); end;

CREATE INDEX search_entries_task_index on search_entries (company_id, task_id) where task_id is not null;

CREATE TRIGGER search_entries_update after update on search_entries begin
    insert into search_words (search_words, rowid, company_id, title_words, body_words)
      values ('delete', old.id, old.company_id, old.title_words, old.body_words);
    insert into search_words (rowid, company_id, title_words, body_words) values (new.id, new.company_id, new.title_words, new.body_words); end;

CREATE VIRTUAL TABLE search_words using fts5 (company_id, title_words, body_words, content = 'search_entries',
    content_rowid = 'id', tokenize = 'ascii');

CREATE TABLE 'search_words_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'search_words_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'search_words_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE 'search_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE "secret_accesses" (
    id text primary key,
    company_id text not null,
    secret_id text not null,
    number integer,
    outcome text not null,
    run_id text,
    agent_id text,
    route_id text,
    at text not null, plugin_id text references plugins (id),
    constraint secret_accesses_secret_fkey foreign key (company_id, secret_id) references secrets (company_id, id),
    constraint secret_accesses_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
    constraint secret_accesses_route_fkey foreign key (company_id, route_id) references routes (company_id, id)
  ) strict;

CREATE TRIGGER secret_accesses_plugin_insert before insert on secret_accesses when new.plugin_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: secret_accesses_plugin')
where not exists (select 1 from plugins where company_id = new.company_id and id = new.plugin_id); end;

CREATE TRIGGER secret_accesses_plugin_update before update of plugin_id, company_id on secret_accesses when new.plugin_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: secret_accesses_plugin')
where not exists (select 1 from plugins where company_id = new.company_id and id = new.plugin_id); end;

CREATE INDEX secret_accesses_secret_index on secret_accesses (company_id, secret_id, id);

CREATE TABLE secret_uses (
  id text primary key,
  company_id text not null,
  secret_id text not null,
  kind text not null,
  target_id text not null,
  agent_id text,
  project_id text,
  place text not null,
  number integer,
  created_at text not null, route_id text references routes (id), plugin_id text references plugins (id),
  constraint secret_uses_secret_fkey foreign key (company_id, secret_id) references secrets (company_id, id),
  constraint secret_uses_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint secret_uses_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
  constraint secret_uses_have_their_target check (target_id = coalesce(agent_id, project_id, company_id))
) strict;

CREATE UNIQUE INDEX secret_uses_place_key on secret_uses (company_id, target_id, kind, place);

CREATE INDEX secret_uses_plugin_index on secret_uses (company_id, plugin_id) where plugin_id is not null;

CREATE TRIGGER secret_uses_plugin_insert before insert on secret_uses when new.plugin_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: secret_uses_plugin')
where not exists (select 1 from plugins where company_id = new.company_id and id = new.plugin_id); end;

CREATE TRIGGER secret_uses_plugin_update before update of plugin_id, company_id on secret_uses when new.plugin_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: secret_uses_plugin')
where not exists (select 1 from plugins where company_id = new.company_id and id = new.plugin_id); end;

CREATE INDEX secret_uses_route_index on secret_uses (company_id, route_id) where route_id is not null;

CREATE TRIGGER secret_uses_route_insert before insert on secret_uses when new.route_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: secret_uses_route')
where not exists (select 1 from routes where company_id = new.company_id and id = new.route_id); end;

CREATE TRIGGER secret_uses_route_update before update of route_id, company_id on secret_uses when new.route_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: secret_uses_route')
where not exists (select 1 from routes where company_id = new.company_id and id = new.route_id); end;

CREATE INDEX secret_uses_secret_index on secret_uses (company_id, secret_id, id);

CREATE TABLE secret_versions (
  company_id text not null,
  secret_id text not null,
  number integer not null,
  status text not null,
  sealed text not null,
  created_by_kind text not null,
  created_by_id text not null,
  created_at text not null,
  destroyed_at text,
  primary key (company_id, secret_id, number),
  constraint secret_versions_secret_fkey foreign key (company_id, secret_id) references secrets (company_id, id),
  constraint secret_versions_destroyed check ((status = 'destroyed') = (sealed = ''))
) strict;

CREATE TABLE secrets (
  id text primary key,
  company_id text not null references companies (id),
  name text not null,
  name_key text not null,
  description text,
  status text not null,
  current_version integer not null,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint secrets_company_key unique (company_id, id),
  constraint secrets_name_key unique (company_id, name_key)
) strict;

CREATE TABLE session_charges (
  company_id text not null,
  agent_id text not null,
  task_id text not null,
  subject text not null,
  run_id text not null,
  fence integer not null,
  input_tokens integer not null,
  output_tokens integer not null,
  cached_input_tokens integer not null,
  cost_micros integer not null,
  primary key (company_id, agent_id, task_id, subject),
  constraint session_charges_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
  constraint session_charges_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
) strict;

CREATE TABLE sessions (
  id text primary key,
  user_id text not null references accounts (user_id),
  token_hash text not null,
  address text,
  user_agent text,
  created_at text not null,
  last_used_at text not null,
  expires_at text not null,
  constraint sessions_token_key unique (token_hash)
) strict;

CREATE INDEX sessions_user_index on sessions (user_id, id);

CREATE TABLE sprints (
  id text primary key,
  company_id text not null references companies (id),
  project_id text,
  name text not null,
  goal text,
  status text not null,
  starts_on text,
  ends_on text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint sprints_company_key unique (company_id, id),
  constraint sprints_project_fkey foreign key (company_id, project_id) references projects (company_id, id)
) strict;

CREATE INDEX sprints_project_index on sprints (company_id, project_id, id) where project_id is not null;

CREATE INDEX sprints_status_index on sprints (company_id, status, id);

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

CREATE TABLE task_labels (
  company_id text not null,
  task_id text not null,
  label_id text not null,
  primary key (company_id, task_id, label_id),
  constraint task_labels_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
  constraint task_labels_label_fkey foreign key (company_id, label_id) references labels (company_id, id)
) strict;

CREATE INDEX task_labels_label_index on task_labels (company_id, label_id, task_id);

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
  cancelled_at text, project_id text references projects (id), sprint_id text references sprints (id), assignee_user_id text, held_by_task_id text references tasks (id), due_at text, overdue_at text, billing_code text, request_depth integer not null default 0, origin text not null default 'manual', created_by_kind text not null default 'system', created_by_id text not null default 'system', is_labelled integer not null default 0, deleted_at text, is_asked integer not null default 0, moved_at text,
  constraint tasks_company_key unique (company_id, id),
  constraint tasks_identifier_key unique (identifier),
  constraint tasks_goal_fkey foreign key (company_id, goal_id) references goals (company_id, id),
  constraint tasks_parent_fkey foreign key (company_id, parent_id) references tasks (company_id, id),
  constraint tasks_assignee_fkey foreign key (company_id, assignee_agent_id) references agents (company_id, id),
  constraint tasks_preferred_fkey foreign key (company_id, preferred_agent_id) references agents (company_id, id)
) strict;

CREATE INDEX tasks_assignee_index on tasks (company_id, assignee_agent_id, id) where assignee_agent_id is not null;

CREATE INDEX tasks_assignee_user_index on tasks (company_id, assignee_user_id, id) where assignee_user_id is not null;

CREATE TRIGGER tasks_assignee_user_insert before insert on tasks when new.assignee_user_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_assignee_user')
where not exists (select 1 from members where company_id = new.company_id and user_id = new.assignee_user_id); end;

CREATE TRIGGER tasks_assignee_user_update before update of assignee_user_id, company_id on tasks when new.assignee_user_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_assignee_user')
where not exists (select 1 from members where company_id = new.company_id and user_id = new.assignee_user_id); end;

CREATE INDEX tasks_due_index on tasks (due_at) where due_at is not null and overdue_at is null and status not in ('done', 'cancelled');

CREATE INDEX tasks_ended_index on tasks (company_id, assignee_agent_id, coalesce(completed_at, cancelled_at))
  where status in ('done', 'cancelled');

CREATE INDEX tasks_goal_index on tasks (company_id, goal_id, id) where goal_id is not null;

CREATE TRIGGER tasks_held_by_task_insert before insert on tasks when new.held_by_task_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_held_by_task')
where not exists (select 1 from tasks where company_id = new.company_id and id = new.held_by_task_id); end;

CREATE TRIGGER tasks_held_by_task_update before update of held_by_task_id, company_id on tasks when new.held_by_task_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_held_by_task')
where not exists (select 1 from tasks where company_id = new.company_id and id = new.held_by_task_id); end;

CREATE INDEX tasks_held_index on tasks (company_id, held_by_task_id, id) where held_by_task_id is not null;

CREATE INDEX tasks_open_index on tasks (company_id, assignee_agent_id) where assignee_agent_id is not null
  and deleted_at is null and status in ('todo', 'in_progress', 'in_review', 'blocked');

CREATE INDEX tasks_origin_index on tasks (company_id, origin, id) where origin <> 'manual';

CREATE INDEX tasks_overdue_index on tasks (company_id, id) where overdue_at is not null;

CREATE INDEX tasks_parent_index on tasks (company_id, parent_id, id) where parent_id is not null;

CREATE INDEX tasks_priority_index on tasks (company_id, priority, id);

CREATE INDEX tasks_project_index on tasks (company_id, project_id, id) where project_id is not null;

CREATE TRIGGER tasks_project_insert before insert on tasks when new.project_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_project')
where not exists (select 1 from projects where company_id = new.company_id and id = new.project_id); end;

CREATE TRIGGER tasks_project_update before update of project_id, company_id on tasks when new.project_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_project')
where not exists (select 1 from projects where company_id = new.company_id and id = new.project_id); end;

CREATE INDEX tasks_sprint_index on tasks (company_id, sprint_id, id) where sprint_id is not null;

CREATE TRIGGER tasks_sprint_insert before insert on tasks when new.sprint_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_sprint')
where not exists (select 1 from sprints where company_id = new.company_id and id = new.sprint_id); end;

CREATE TRIGGER tasks_sprint_update before update of sprint_id, company_id on tasks when new.sprint_id is not null begin select raise(abort, 'FOREIGN KEY constraint failed: tasks_sprint')
where not exists (select 1 from sprints where company_id = new.company_id and id = new.sprint_id); end;

CREATE INDEX tasks_status_index on tasks (company_id, status, id);

CREATE INDEX tasks_todo_index on tasks (company_id, assignee_agent_id, priority, id) where status = 'todo';

CREATE TABLE users (
  id text primary key,
  name text not null,
  email text,
  version integer not null,
  created_at text not null,
  updated_at text not null,
  constraint users_email_key unique (email)
) strict;

CREATE TABLE workers (
  id text primary key,
  name text not null,
  host text not null,
  pid integer not null,
  engine_version text not null,
  adapters text not null,
  capacity integer not null,
  status text not null check (status in ('active', 'draining', 'stopped')),
  changed_by text not null,
  changed_at text not null,
  started_at text not null,
  seen_at text not null
, node_key_id text references node_keys (id), token_hash text, token_expires_at text) strict;

CREATE INDEX workers_seen_index on workers (seen_at);

CREATE UNIQUE INDEX workers_token_index on workers (token_hash) where token_hash is not null;
