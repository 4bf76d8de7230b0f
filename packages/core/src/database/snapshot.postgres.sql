-- Generated from the migrations by `pnpm schema:generate`.

create table account_events (
  id uuid not null,
  user_id uuid,
  type text not null,
  actor_kind text not null,
  actor_id text not null,
  address text,
  user_agent text,
  data jsonb not null,
  at timestamp(3) with time zone not null,
  constraint account_events_pkey PRIMARY KEY (id)
);
CREATE INDEX account_events_at_index ON engine.account_events USING btree (at);
CREATE INDEX account_events_user_index ON engine.account_events USING btree (user_id, id);

create table account_links (
  id uuid not null,
  kind text not null,
  user_id uuid,
  token_hash text not null,
  expires_at timestamp(3) with time zone not null,
  created_at timestamp(3) with time zone not null,
  constraint account_links_token_key UNIQUE (token_hash),
  constraint account_links_pkey PRIMARY KEY (id),
  constraint account_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES engine.users(id),
  constraint account_links_for_whom CHECK (((kind = 'password'::text) = (user_id IS NOT NULL)))
);
CREATE UNIQUE INDEX account_links_setup_index ON engine.account_links USING btree (kind) WHERE (kind = 'setup'::text);
CREATE UNIQUE INDEX account_links_user_index ON engine.account_links USING btree (user_id) WHERE (user_id IS NOT NULL);

create table accounts (
  user_id uuid not null,
  password text not null,
  role text,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint accounts_pkey PRIMARY KEY (user_id),
  constraint accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES engine.users(id)
);
CREATE INDEX accounts_role_index ON engine.accounts USING btree (role) WHERE (role IS NOT NULL);

create table agent_revisions (
  company_id uuid not null,
  agent_id uuid not null,
  number bigint not null,
  configuration jsonb not null,
  changed jsonb not null,
  rolled_back_to bigint,
  actor_kind text not null,
  actor_id text not null,
  created_at timestamp(3) with time zone not null,
  constraint agent_revisions_pkey PRIMARY KEY (company_id, agent_id, number),
  constraint agent_revisions_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id)
);

create table agent_sessions (
  company_id uuid not null,
  agent_id uuid not null,
  task_id uuid not null,
  fingerprint text not null,
  state jsonb not null,
  runs bigint not null,
  input_tokens bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint agent_sessions_pkey PRIMARY KEY (company_id, agent_id, task_id),
  constraint agent_sessions_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint agent_sessions_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);

create table agents (
  id uuid not null,
  company_id uuid not null,
  name text not null,
  role text not null,
  title text,
  instructions text,
  reports_to uuid,
  status text not null,
  pause_reason text,
  error_message text,
  capabilities jsonb not null,
  adapter_type text not null,
  adapter_config jsonb not null,
  execution_mode text not null,
  max_concurrent_runs bigint not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  live_runs bigint not null default 0,
  icon text,
  specializations jsonb not null default '[]'::jsonb,
  tags jsonb not null default '[]'::jsonb,
  max_concurrent_tasks bigint,
  context_mode text not null default 'fat'::text,
  profiles jsonb not null default '{}'::jsonb,
  fallbacks jsonb not null default '[]'::jsonb,
  revision bigint not null default 1,
  max_cost_micros_per_run bigint,
  schedule jsonb,
  wakes_at timestamp(3) with time zone,
  error_code text,
  constraint agents_company_key UNIQUE (company_id, id),
  constraint agents_name_key UNIQUE (company_id, name),
  constraint agents_pkey PRIMARY KEY (id),
  constraint agents_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint agents_reports_to_fkey FOREIGN KEY (company_id, reports_to) REFERENCES engine.agents(company_id, id)
);
CREATE INDEX agents_manager_index ON engine.agents USING btree (company_id, reports_to, id) WHERE (reports_to IS NOT NULL);
CREATE INDEX agents_wakes_index ON engine.agents USING btree (wakes_at) WHERE (wakes_at IS NOT NULL);

create table approvals (
  id uuid not null,
  company_id uuid not null,
  type text not null,
  subject text not null,
  status text not null,
  payload jsonb not null,
  payload_hash text not null,
  reason text,
  task_id uuid,
  agent_id uuid,
  requested_by_kind text not null,
  requested_by_id text not null,
  run_id uuid,
  decided_by_kind text,
  decided_by_id text,
  decision_note text,
  decided_at timestamp(3) with time zone,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint approvals_company_key UNIQUE (company_id, id),
  constraint approvals_pkey PRIMARY KEY (id),
  constraint approvals_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint approvals_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint approvals_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint approvals_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX approvals_status_index ON engine.approvals USING btree (company_id, status, id);
CREATE INDEX approvals_task_index ON engine.approvals USING btree (company_id, task_id, id) WHERE (task_id IS NOT NULL);
CREATE INDEX approvals_type_index ON engine.approvals USING btree (company_id, type, id);
CREATE UNIQUE INDEX approvals_one_pending_index ON engine.approvals USING btree (company_id, type, subject) WHERE (status = ANY (ARRAY['pending'::text, 'revision_requested'::text]));

create table assets (
  id uuid not null,
  company_id uuid not null,
  sha256 text not null,
  byte_size bigint not null,
  created_at timestamp(3) with time zone not null,
  constraint assets_company_key UNIQUE (company_id, id),
  constraint assets_sha256_key UNIQUE (company_id, sha256),
  constraint assets_pkey PRIMARY KEY (id),
  constraint assets_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);

create table attachments (
  id uuid not null,
  company_id uuid not null,
  task_id uuid not null,
  comment_id uuid,
  asset_id uuid not null,
  name text not null,
  content_type text not null,
  author_kind text not null,
  author_id text not null,
  run_id uuid,
  created_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  version bigint not null,
  constraint attachments_company_key UNIQUE (company_id, id),
  constraint attachments_pkey PRIMARY KEY (id),
  constraint attachments_asset_fkey FOREIGN KEY (company_id, asset_id) REFERENCES engine.assets(company_id, id),
  constraint attachments_comment_fkey FOREIGN KEY (company_id, comment_id) REFERENCES engine.comments(company_id, id),
  constraint attachments_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint attachments_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX attachments_task_index ON engine.attachments USING btree (company_id, task_id, id);

create table breakers (
  id uuid not null,
  company_id uuid not null,
  adapter_type text not null,
  provider text not null,
  status text not null,
  failures bigint not null,
  failure_class text,
  reason text,
  opened_at timestamp(3) with time zone,
  cools_until timestamp(3) with time zone,
  probe_run_id uuid,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint breakers_company_key UNIQUE (company_id, id),
  constraint breakers_provider_key UNIQUE (company_id, adapter_type, provider),
  constraint breakers_pkey PRIMARY KEY (id),
  constraint breakers_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);
CREATE INDEX breakers_open_index ON engine.breakers USING btree (company_id) WHERE (status <> 'closed'::text);
CREATE INDEX breakers_probe_index ON engine.breakers USING btree (company_id, probe_run_id) WHERE (probe_run_id IS NOT NULL);
CREATE INDEX breakers_status_index ON engine.breakers USING btree (company_id, status, id);

create table budget_hold_lines (
  company_id uuid not null,
  hold_id uuid not null,
  budget_id uuid not null,
  starts_at timestamp(3) with time zone not null,
  amount bigint not null,
  constraint budget_hold_lines_pkey PRIMARY KEY (company_id, hold_id, budget_id),
  constraint budget_hold_lines_hold_fkey FOREIGN KEY (company_id, hold_id) REFERENCES engine.budget_holds(company_id, id),
  constraint budget_hold_lines_period_fkey FOREIGN KEY (company_id, budget_id, starts_at) REFERENCES engine.budget_periods(company_id, budget_id, starts_at),
  constraint budget_hold_lines_amount_check CHECK ((amount >= 0))
);

create table budget_holds (
  id uuid not null,
  company_id uuid not null,
  run_id uuid not null,
  agent_id uuid not null,
  project_id uuid,
  task_id uuid not null,
  kind text not null,
  status text not null,
  cost_micros bigint,
  tokens bigint,
  wall_ms bigint,
  admitted_at timestamp(3) with time zone not null,
  ended_at timestamp(3) with time zone,
  version bigint not null,
  provider text,
  model text,
  constraint budget_holds_company_key UNIQUE (company_id, id),
  constraint budget_holds_pkey PRIMARY KEY (id),
  constraint budget_holds_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id)
);
CREATE INDEX budget_holds_open_index ON engine.budget_holds USING btree (company_id, run_id) WHERE (status = 'open'::text);

create table budget_incidents (
  id uuid not null,
  company_id uuid not null,
  budget_id uuid not null,
  starts_at timestamp(3) with time zone not null,
  status text not null,
  resolution text,
  limit_amount bigint not null,
  spent bigint not null,
  held bigint not null,
  approval_id uuid,
  resolved_by_kind text,
  resolved_by_id text,
  resolved_at timestamp(3) with time zone,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint budget_incidents_company_key UNIQUE (company_id, id),
  constraint budget_incidents_pkey PRIMARY KEY (id),
  constraint budget_incidents_approval_fkey FOREIGN KEY (company_id, approval_id) REFERENCES engine.approvals(company_id, id),
  constraint budget_incidents_budget_fkey FOREIGN KEY (company_id, budget_id) REFERENCES engine.budgets(company_id, id)
);
CREATE INDEX budget_incidents_list_index ON engine.budget_incidents USING btree (company_id, id);
CREATE INDEX budget_incidents_status_index ON engine.budget_incidents USING btree (company_id, status, id);
CREATE UNIQUE INDEX budget_incidents_open_key ON engine.budget_incidents USING btree (company_id, budget_id) WHERE (status = 'open'::text);

create table budget_periods (
  company_id uuid not null,
  budget_id uuid not null,
  starts_at timestamp(3) with time zone not null,
  ends_at timestamp(3) with time zone,
  limit_amount bigint not null,
  is_hard bigint not null,
  spent bigint not null,
  held bigint not null,
  excess bigint not null,
  is_warned bigint not null,
  constraint budget_periods_pkey PRIMARY KEY (company_id, budget_id, starts_at),
  constraint budget_periods_budget_fkey FOREIGN KEY (company_id, budget_id) REFERENCES engine.budgets(company_id, id),
  constraint budget_periods_counts_check CHECK (((spent >= 0) AND (held >= 0) AND (excess >= 0))),
  constraint budget_periods_limit_check CHECK (((is_hard = 0) OR ((spent + held) <= (limit_amount + excess))))
);

create table budget_stops (
  company_id uuid not null,
  budget_id uuid not null,
  scope_id uuid not null,
  starts_at timestamp(3) with time zone not null,
  ends_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone not null,
  constraint budget_stops_pkey PRIMARY KEY (company_id, budget_id),
  constraint budget_stops_budget_fkey FOREIGN KEY (company_id, budget_id) REFERENCES engine.budgets(company_id, id)
);
CREATE INDEX budget_stops_ends_index ON engine.budget_stops USING btree (ends_at) WHERE (ends_at IS NOT NULL);
CREATE INDEX budget_stops_scope_index ON engine.budget_stops USING btree (company_id, scope_id);

create table budgets (
  id uuid not null,
  company_id uuid not null,
  scope text not null,
  scope_id uuid not null,
  project_id uuid,
  agent_id uuid,
  task_id uuid,
  time_window text not null,
  metric text not null,
  limit_amount bigint not null,
  warn_percent bigint not null,
  is_hard bigint not null,
  removed_at timestamp(3) with time zone,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint budgets_company_key UNIQUE (company_id, id),
  constraint budgets_pkey PRIMARY KEY (id),
  constraint budgets_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint budgets_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint budgets_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id),
  constraint budgets_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id),
  constraint budgets_limit_check CHECK ((limit_amount >= 0)),
  constraint budgets_of_one_scope CHECK ((((scope = 'company'::text) AND (scope_id = company_id) AND (project_id IS NULL) AND (agent_id IS NULL) AND (task_id IS NULL)) OR ((scope = 'project'::text) AND (project_id = scope_id) AND (agent_id IS NULL) AND (task_id IS NULL)) OR ((scope = 'agent'::text) AND (agent_id = scope_id) AND (project_id IS NULL) AND (task_id IS NULL)) OR ((scope = 'task'::text) AND (task_id = scope_id) AND (project_id IS NULL) AND (agent_id IS NULL))))
);
CREATE INDEX budgets_hard_index ON engine.budgets USING btree (company_id) WHERE ((removed_at IS NULL) AND (is_hard = 1));
CREATE INDEX budgets_list_index ON engine.budgets USING btree (company_id, id) WHERE (removed_at IS NULL);
CREATE INDEX budgets_scope_index ON engine.budgets USING btree (company_id, scope, id) WHERE (removed_at IS NULL);
CREATE UNIQUE INDEX budgets_scope_key ON engine.budgets USING btree (company_id, scope_id, time_window, metric) WHERE (removed_at IS NULL);

create table comment_mentions (
  company_id uuid not null,
  agent_id uuid not null,
  comment_id uuid not null,
  constraint comment_mentions_pkey PRIMARY KEY (company_id, agent_id, comment_id),
  constraint comment_mentions_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint comment_mentions_comment_fkey FOREIGN KEY (company_id, comment_id) REFERENCES engine.comments(company_id, id)
);

create table comments (
  id uuid not null,
  company_id uuid not null,
  task_id uuid not null,
  parent_id uuid,
  author_kind text not null,
  author_id text not null,
  run_id uuid,
  body text not null,
  created_at timestamp(3) with time zone not null,
  deliverable_id uuid,
  mentions jsonb not null default '[]'::jsonb,
  constraint comments_company_key UNIQUE (company_id, id),
  constraint comments_pkey PRIMARY KEY (id),
  constraint comments_deliverable_fkey FOREIGN KEY (company_id, deliverable_id) REFERENCES engine.deliverables(company_id, id),
  constraint comments_parent_fkey FOREIGN KEY (company_id, parent_id) REFERENCES engine.comments(company_id, id),
  constraint comments_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint comments_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX comments_deliverable_index ON engine.comments USING btree (company_id, deliverable_id, id) WHERE (deliverable_id IS NOT NULL);
CREATE INDEX comments_task_index ON engine.comments USING btree (company_id, task_id, id);

create table companies (
  id uuid not null,
  name text not null,
  description text,
  status text not null,
  task_prefix text not null,
  task_counter bigint not null default 0,
  settings jsonb not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  requires_hire_approval bigint not null default 0,
  strategy_gate text not null default 'none'::text,
  pause_reason text,
  brand_color text,
  attachment_max_bytes bigint not null default 10485760,
  default_agent_id uuid,
  constraint companies_task_prefix_key UNIQUE (task_prefix),
  constraint companies_pkey PRIMARY KEY (id),
  constraint companies_default_agent_fkey FOREIGN KEY (id, default_agent_id) REFERENCES engine.agents(company_id, id)
);

create table company_counters (
  company_id uuid not null,
  shard bigint not null,
  backlog bigint not null,
  todo bigint not null,
  in_progress bigint not null,
  in_review bigint not null,
  blocked bigint not null,
  done bigint not null,
  cancelled bigint not null,
  constraint company_counters_pkey PRIMARY KEY (company_id, shard),
  constraint company_counters_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);

create table cost_events (
  id uuid not null,
  company_id uuid not null,
  source text not null,
  source_event_id text not null,
  run_id uuid,
  task_id uuid,
  project_id uuid,
  goal_id uuid,
  agent_id uuid,
  adapter text,
  provider text not null,
  model text,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_input_tokens bigint not null,
  cost_micros bigint not null,
  is_imputed bigint not null,
  billing_type text not null,
  occurred_at timestamp(3) with time zone not null,
  created_at timestamp(3) with time zone not null,
  is_unpriced bigint not null default 0,
  constraint cost_events_source_key UNIQUE (company_id, source, source_event_id),
  constraint cost_events_pkey PRIMARY KEY (id),
  constraint cost_events_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint cost_events_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint cost_events_goal_fkey FOREIGN KEY (company_id, goal_id) REFERENCES engine.goals(company_id, id),
  constraint cost_events_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id),
  constraint cost_events_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint cost_events_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id),
  constraint cost_events_amounts_check CHECK (((input_tokens >= 0) AND (output_tokens >= 0) AND (cached_input_tokens >= 0) AND (cost_micros >= 0)))
);
CREATE INDEX cost_events_agent_index ON engine.cost_events USING btree (company_id, agent_id, occurred_at, id) WHERE (agent_id IS NOT NULL);
CREATE INDEX cost_events_project_index ON engine.cost_events USING btree (company_id, project_id, occurred_at, id) WHERE (project_id IS NOT NULL);
CREATE INDEX cost_events_run_index ON engine.cost_events USING btree (company_id, run_id, occurred_at, id) WHERE (run_id IS NOT NULL);
CREATE INDEX cost_events_task_index ON engine.cost_events USING btree (company_id, task_id, occurred_at, id) WHERE (task_id IS NOT NULL);
CREATE INDEX cost_events_time_index ON engine.cost_events USING btree (company_id, occurred_at, id);

create table cost_totals (
  company_id uuid not null,
  scope text not null,
  period text not null,
  subject text not null,
  billing_type text not null,
  is_imputed bigint not null,
  shard bigint not null,
  events bigint not null,
  unpriced bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_input_tokens bigint not null,
  cost_micros bigint not null,
  constraint cost_totals_pkey PRIMARY KEY (company_id, scope, period, subject, billing_type, is_imputed, shard),
  constraint cost_totals_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);

create table deliverables (
  id uuid not null,
  company_id uuid not null,
  task_id uuid not null,
  run_id uuid,
  agent_id uuid,
  number bigint not null,
  parent_id uuid,
  title text not null,
  summary text,
  content text not null,
  content_type text not null,
  status text not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  files jsonb not null default '[]'::jsonb,
  actions jsonb not null default '[]'::jsonb,
  usage jsonb,
  provider text,
  model text,
  constraint deliverables_company_key UNIQUE (company_id, id),
  constraint deliverables_number_key UNIQUE (company_id, task_id, number),
  constraint deliverables_pkey PRIMARY KEY (id),
  constraint deliverables_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint deliverables_parent_fkey FOREIGN KEY (company_id, parent_id) REFERENCES engine.deliverables(company_id, id),
  constraint deliverables_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint deliverables_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX deliverables_agent_index ON engine.deliverables USING btree (company_id, agent_id, id) WHERE (agent_id IS NOT NULL);
CREATE INDEX deliverables_status_index ON engine.deliverables USING btree (company_id, status, id);
CREATE UNIQUE INDEX deliverables_one_pending_index ON engine.deliverables USING btree (company_id, task_id) WHERE (status = 'pending'::text);

create table deliveries (
  id uuid not null,
  company_id uuid not null,
  route_id uuid not null,
  event_id uuid not null,
  event_seq bigint not null,
  event_type text not null,
  entity_type text not null,
  entity_id uuid not null,
  status text not null,
  attempts bigint not null,
  tries bigint not null,
  tried_since timestamp(3) with time zone,
  claimed_at timestamp(3) with time zone,
  next_at timestamp(3) with time zone,
  fence bigint not null,
  reason text,
  response_status bigint,
  reference text,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  ended_at timestamp(3) with time zone,
  digest_id uuid,
  claimed_until timestamp(3) with time zone,
  last_try jsonb,
  constraint deliveries_company_key UNIQUE (company_id, id),
  constraint deliveries_event_key UNIQUE (route_id, event_id),
  constraint deliveries_pkey PRIMARY KEY (id),
  constraint deliveries_route_fkey FOREIGN KEY (company_id, route_id) REFERENCES engine.routes(company_id, id),
  constraint deliveries_only_open_are_due CHECK (((next_at IS NULL) OR (status = ANY (ARRAY['pending'::text, 'retrying'::text]))))
);
CREATE INDEX deliveries_digest_index ON engine.deliveries USING btree (company_id, route_id, digest_id) WHERE ((digest_id IS NOT NULL) AND (status = ANY (ARRAY['pending'::text, 'retrying'::text])));
CREATE INDEX deliveries_due_index ON engine.deliveries USING btree (route_id, next_at, event_seq) WHERE (next_at IS NOT NULL);
CREATE INDEX deliveries_entity_index ON engine.deliveries USING btree (company_id, entity_id, id);
CREATE INDEX deliveries_lane_index ON engine.deliveries USING btree (company_id, route_id, entity_id, event_seq) WHERE (status = ANY (ARRAY['pending'::text, 'retrying'::text]));
CREATE INDEX deliveries_route_index ON engine.deliveries USING btree (company_id, route_id, id);
CREATE INDEX deliveries_route_status_index ON engine.deliveries USING btree (company_id, route_id, status, id) WHERE (status <> 'delivered'::text);
CREATE INDEX deliveries_status_index ON engine.deliveries USING btree (company_id, status, id) WHERE (status <> 'delivered'::text);

create table delivery_attempts (
  company_id uuid not null,
  delivery_id uuid not null,
  number bigint not null,
  result text not null,
  response_status bigint,
  reason text,
  response text,
  started_at timestamp(3) with time zone not null,
  ended_at timestamp(3) with time zone not null,
  constraint delivery_attempts_pkey PRIMARY KEY (company_id, delivery_id, number),
  constraint delivery_attempts_delivery_fkey FOREIGN KEY (company_id, delivery_id) REFERENCES engine.deliveries(company_id, id)
);

create table document_revisions (
  company_id uuid not null,
  document_id uuid not null,
  number bigint not null,
  title text not null,
  body text not null,
  note text,
  author_kind text not null,
  author_id text not null,
  run_id uuid,
  created_at timestamp(3) with time zone not null,
  constraint document_revisions_pkey PRIMARY KEY (company_id, document_id, number),
  constraint document_revisions_document_fkey FOREIGN KEY (company_id, document_id) REFERENCES engine.documents(company_id, id),
  constraint document_revisions_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id)
);

create table documents (
  id uuid not null,
  company_id uuid not null,
  task_id uuid not null,
  key text not null,
  title text not null,
  revision bigint not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint documents_company_key UNIQUE (company_id, id),
  constraint documents_key_key UNIQUE (company_id, task_id, key),
  constraint documents_pkey PRIMARY KEY (id),
  constraint documents_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX documents_task_index ON engine.documents USING btree (company_id, task_id, id);

create table engine_identity (
  id bigint not null,
  epoch bigint not null,
  identity text not null,
  database_id bigint not null default 0,
  table_id bigint not null default 0,
  constraint engine_instance_pkey PRIMARY KEY (id),
  constraint engine_instance_is_one CHECK ((id = 1))
);

create table engine_migrations (
  position bigint not null,
  id text not null,
  checksum text not null,
  applied_at timestamp(3) with time zone not null,
  constraint engine_migrations_id_key UNIQUE (id),
  constraint engine_migrations_pkey PRIMARY KEY ("position")
);

create table events (
  seq bigint not null generated always as identity,
  id uuid not null,
  company_id uuid not null,
  type text not null,
  actor_kind text not null,
  actor_id text not null,
  run_id uuid,
  entity_type text not null,
  entity_id uuid not null,
  entity_version bigint not null,
  data jsonb not null,
  request_id text,
  at timestamp(3) with time zone not null,
  epoch bigint not null default 1,
  constraint events_pkey PRIMARY KEY (seq)
);
CREATE INDEX events_company_index ON engine.events USING btree (company_id, seq);
CREATE INDEX events_entity_index ON engine.events USING btree (company_id, entity_id, seq);
CREATE TRIGGER events_are_append_only BEFORE DELETE OR UPDATE ON engine.events FOR EACH ROW EXECUTE FUNCTION engine.events_are_append_only();

create table goals (
  id uuid not null,
  company_id uuid not null,
  parent_id uuid,
  owner_agent_id uuid,
  level text not null,
  title text not null,
  description text,
  status text not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint goals_company_key UNIQUE (company_id, id),
  constraint goals_pkey PRIMARY KEY (id),
  constraint goals_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint goals_owner_fkey FOREIGN KEY (company_id, owner_agent_id) REFERENCES engine.agents(company_id, id),
  constraint goals_parent_fkey FOREIGN KEY (company_id, parent_id) REFERENCES engine.goals(company_id, id)
);
CREATE INDEX goals_parent_index ON engine.goals USING btree (company_id, parent_id, id) WHERE (parent_id IS NOT NULL);

create table idempotency_records (
  scope text not null,
  key_hash text not null,
  input_hash text not null,
  sealed_output text not null,
  created_at timestamp(3) with time zone not null,
  constraint idempotency_records_pkey PRIMARY KEY (scope, key_hash)
);
CREATE INDEX idempotency_age_index ON engine.idempotency_records USING btree (created_at);
CREATE INDEX idempotency_key_index ON engine.idempotency_records USING btree (key_hash);

create table interactions (
  id uuid not null,
  company_id uuid not null,
  task_id uuid not null,
  run_id uuid,
  kind text not null,
  prompt text not null,
  ask jsonb not null,
  status text not null,
  answerer text not null,
  answerer_user_id uuid,
  waits bigint not null,
  asked_by_kind text not null,
  asked_by_id text not null,
  answer jsonb,
  answered_by_kind text,
  answered_by_id text,
  answered_at timestamp(3) with time zone,
  expires_at timestamp(3) with time zone,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint interactions_company_key UNIQUE (company_id, id),
  constraint interactions_pkey PRIMARY KEY (id),
  constraint interactions_answerer_fkey FOREIGN KEY (company_id, answerer_user_id) REFERENCES engine.members(company_id, user_id),
  constraint interactions_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint interactions_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint interactions_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX interactions_expiry_index ON engine.interactions USING btree (expires_at) WHERE ((status = 'pending'::text) AND (expires_at IS NOT NULL));
CREATE INDEX interactions_kind_index ON engine.interactions USING btree (company_id, kind, id);
CREATE INDEX interactions_status_index ON engine.interactions USING btree (company_id, status, id);
CREATE INDEX interactions_task_index ON engine.interactions USING btree (company_id, task_id, id);
CREATE UNIQUE INDEX interactions_one_awaited_index ON engine.interactions USING btree (company_id, run_id) WHERE ((status = 'pending'::text) AND (waits = 1));

create table invites (
  id uuid not null,
  company_id uuid not null,
  email text,
  role text not null,
  status text not null,
  token_hash text not null,
  invited_by_kind text not null,
  invited_by_id text not null,
  member_id uuid,
  expires_at timestamp(3) with time zone not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint invites_company_key UNIQUE (company_id, id),
  constraint invites_token_key UNIQUE (token_hash),
  constraint invites_pkey PRIMARY KEY (id),
  constraint invites_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint invites_member_fkey FOREIGN KEY (company_id, member_id) REFERENCES engine.members(company_id, id)
);
CREATE INDEX invites_status_index ON engine.invites USING btree (company_id, status, id);

create table keys (
  id uuid not null,
  company_id uuid not null,
  kind text not null,
  member_id uuid,
  agent_id uuid,
  name text not null,
  prefix text not null,
  hash text not null,
  scopes jsonb,
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  created_by_kind text not null,
  created_by_id text not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint keys_company_key UNIQUE (company_id, id),
  constraint keys_hash_key UNIQUE (hash),
  constraint keys_pkey PRIMARY KEY (id),
  constraint keys_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint keys_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint keys_member_fkey FOREIGN KEY (company_id, member_id) REFERENCES engine.members(company_id, id),
  constraint keys_of_one CHECK ((((kind = 'user'::text) AND (member_id IS NOT NULL) AND (agent_id IS NULL)) OR ((kind = 'agent'::text) AND (agent_id IS NOT NULL) AND (member_id IS NULL))))
);
CREATE INDEX keys_agent_index ON engine.keys USING btree (company_id, agent_id, id) WHERE (agent_id IS NOT NULL);
CREATE INDEX keys_member_index ON engine.keys USING btree (company_id, member_id, id) WHERE (member_id IS NOT NULL);

create table knowledge_entries (
  id uuid not null,
  company_id uuid not null,
  project_id uuid,
  title text not null,
  body text not null,
  tags jsonb not null,
  source text,
  tokens bigint not null,
  created_by_kind text not null,
  created_by_id text not null,
  updated_by_kind text not null,
  updated_by_id text not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  constraint knowledge_entries_company_key UNIQUE (company_id, id),
  constraint knowledge_entries_pkey PRIMARY KEY (id),
  constraint knowledge_entries_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint knowledge_entries_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id)
);
CREATE INDEX knowledge_entries_changed_index ON engine.knowledge_entries USING btree (updated_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX knowledge_entries_live_index ON engine.knowledge_entries USING btree (company_id, id) WHERE (deleted_at IS NULL);
CREATE INDEX knowledge_entries_project_index ON engine.knowledge_entries USING btree (company_id, project_id, id) WHERE (deleted_at IS NULL);

create table knowledge_tags (
  company_id uuid not null,
  tag text not null,
  entry_id uuid not null,
  constraint knowledge_tags_pkey PRIMARY KEY (company_id, tag, entry_id),
  constraint knowledge_tags_entry_fkey FOREIGN KEY (company_id, entry_id) REFERENCES engine.knowledge_entries(company_id, id)
);
CREATE INDEX knowledge_tags_entry_index ON engine.knowledge_tags USING btree (company_id, entry_id);

create table knowledge_vectors (
  company_id uuid not null,
  embedder text not null,
  entry_id uuid not null,
  entry_version bigint not null,
  vector text not null,
  constraint knowledge_vectors_pkey PRIMARY KEY (company_id, embedder, entry_id),
  constraint knowledge_vectors_entry_fkey FOREIGN KEY (company_id, entry_id) REFERENCES engine.knowledge_entries(company_id, id)
);
CREATE INDEX knowledge_vectors_entry_index ON engine.knowledge_vectors USING btree (company_id, entry_id);

create table labels (
  id uuid not null,
  company_id uuid not null,
  name text not null,
  name_key text not null,
  color text,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint labels_company_key UNIQUE (company_id, id),
  constraint labels_name_key UNIQUE (company_id, name_key),
  constraint labels_pkey PRIMARY KEY (id),
  constraint labels_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);

create table leases (
  run_id uuid not null,
  company_id uuid not null,
  task_id uuid not null,
  agent_id uuid not null,
  fence bigint not null,
  worker_id text not null,
  expires_at timestamp(3) with time zone not null,
  tasks_made bigint not null default 0,
  constraint leases_one_owner UNIQUE (company_id, task_id),
  constraint leases_pkey PRIMARY KEY (run_id),
  constraint leases_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint leases_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint leases_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX leases_agent_index ON engine.leases USING btree (company_id, agent_id);
CREATE INDEX leases_expiry_index ON engine.leases USING btree (expires_at);
CREATE INDEX leases_worker_index ON engine.leases USING btree (worker_id);

create table login_attempts (
  key text not null,
  kind text not null,
  count bigint not null,
  last_at timestamp(3) with time zone not null,
  blocked_until timestamp(3) with time zone,
  succeeded_at timestamp(3) with time zone,
  constraint login_attempts_pkey PRIMARY KEY (key)
);
CREATE INDEX login_attempts_last_index ON engine.login_attempts USING btree (last_at);

create table members (
  id uuid not null,
  company_id uuid not null,
  user_id uuid not null,
  agent_id uuid not null,
  name text not null,
  role text not null,
  status text not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint members_company_key UNIQUE (company_id, id),
  constraint members_user_key UNIQUE (company_id, user_id),
  constraint members_pkey PRIMARY KEY (id),
  constraint members_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint members_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint members_user_id_fkey FOREIGN KEY (user_id) REFERENCES engine.users(id)
);
CREATE INDEX members_user_index ON engine.members USING btree (user_id);

create table node_keys (
  id uuid not null,
  name text not null,
  prefix text not null,
  hash text not null,
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  created_by text not null,
  created_at timestamp(3) with time zone not null,
  constraint node_keys_hash_key UNIQUE (hash),
  constraint node_keys_pkey PRIMARY KEY (id)
);

create table plugin_cursors (
  company_id uuid not null,
  plugin text not null,
  subscription text not null,
  after_seq bigint not null,
  parked_seq bigint,
  status text not null,
  attempts bigint not null,
  marks bigint not null,
  fence bigint not null,
  next_at timestamp(3) with time zone,
  reason text,
  updated_at timestamp(3) with time zone not null,
  constraint plugin_cursors_pkey PRIMARY KEY (company_id, plugin, subscription),
  constraint plugin_cursors_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint plugin_cursors_only_live_are_due CHECK (((next_at IS NULL) OR (status = 'live'::text))),
  constraint plugin_cursors_status_check CHECK ((status = ANY (ARRAY['live'::text, 'parked'::text])))
);
CREATE INDEX plugin_cursors_due_index ON engine.plugin_cursors USING btree (next_at) WHERE (next_at IS NOT NULL);

create table plugin_jobs (
  plugin text not null,
  name text not null,
  next_at timestamp(3) with time zone not null,
  fence bigint not null,
  attempts bigint not null,
  constraint plugin_jobs_pkey PRIMARY KEY (plugin, name)
);

create table plugin_logs (
  id uuid not null,
  company_id uuid not null,
  plugin text not null,
  level text not null,
  message text not null,
  data jsonb,
  at timestamp(3) with time zone not null,
  constraint plugin_logs_pkey PRIMARY KEY (id),
  constraint plugin_logs_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);
CREATE INDEX plugin_logs_index ON engine.plugin_logs USING btree (company_id, plugin, id);

create table plugin_migrations (
  plugin text not null,
  position bigint not null,
  id text not null,
  checksum text not null,
  applied_at timestamp(3) with time zone not null,
  constraint plugin_migrations_pkey PRIMARY KEY (plugin, "position")
);

create table plugin_state (
  company_id uuid not null,
  plugin text not null,
  key text not null,
  value jsonb not null,
  version bigint not null,
  updated_at timestamp(3) with time zone not null,
  claim_number bigint,
  constraint plugin_state_pkey PRIMARY KEY (company_id, plugin, key),
  constraint plugin_state_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);
CREATE INDEX plugin_state_claims_index ON engine.plugin_state USING btree (company_id, plugin, claim_number) WHERE (claim_number IS NOT NULL);
CREATE INDEX plugin_state_values_index ON engine.plugin_state USING btree (company_id, plugin) WHERE (claim_number IS NULL);

create table plugin_subscriptions (
  plugin text not null,
  name text not null,
  begins_after bigint not null,
  scanned_to bigint not null,
  constraint plugin_subscriptions_pkey PRIMARY KEY (plugin, name)
);

create table plugins (
  id uuid not null,
  company_id uuid not null,
  plugin text not null,
  status text not null,
  version_label text not null,
  capabilities jsonb not null,
  capabilities_hash text not null,
  config jsonb not null,
  reason text,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint plugins_company_key UNIQUE (company_id, id),
  constraint plugins_plugin_key UNIQUE (company_id, plugin),
  constraint plugins_pkey PRIMARY KEY (id),
  constraint plugins_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint plugins_status_check CHECK ((status = ANY (ARRAY['installed'::text, 'ready'::text, 'disabled'::text, 'error'::text, 'quarantined'::text, 'uninstalled'::text])))
);
CREATE INDEX plugins_name_index ON engine.plugins USING btree (plugin, company_id);

create table preferences (
  id uuid not null,
  company_id uuid not null,
  scope text not null,
  scope_id text not null,
  key text not null,
  value jsonb not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint preferences_company_key UNIQUE (company_id, id),
  constraint preferences_scope_key UNIQUE (company_id, scope, scope_id, key),
  constraint preferences_pkey PRIMARY KEY (id),
  constraint preferences_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);
CREATE INDEX preferences_scope_index ON engine.preferences USING btree (company_id, scope, scope_id, id);

create table prices (
  id uuid not null,
  company_id uuid not null,
  provider text not null,
  model text not null,
  effective_from timestamp(3) with time zone not null,
  input_micros bigint not null,
  cached_input_micros bigint not null,
  cache_write_micros bigint not null,
  output_micros bigint not null,
  tiers jsonb not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint prices_company_key UNIQUE (company_id, id),
  constraint prices_effective_key UNIQUE (company_id, provider, model, effective_from),
  constraint prices_pkey PRIMARY KEY (id),
  constraint prices_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint prices_not_negative CHECK (((input_micros >= 0) AND (cached_input_micros >= 0) AND (cache_write_micros >= 0) AND (output_micros >= 0)))
);
CREATE INDEX prices_provider_index ON engine.prices USING btree (company_id, provider, id);

create table projects (
  id uuid not null,
  company_id uuid not null,
  goal_id uuid,
  lead_agent_id uuid,
  default_agent_id uuid,
  name text not null,
  description text,
  status text not null,
  target_date text,
  env jsonb not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint projects_company_key UNIQUE (company_id, id),
  constraint projects_pkey PRIMARY KEY (id),
  constraint projects_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint projects_default_agent_fkey FOREIGN KEY (company_id, default_agent_id) REFERENCES engine.agents(company_id, id),
  constraint projects_goal_fkey FOREIGN KEY (company_id, goal_id) REFERENCES engine.goals(company_id, id),
  constraint projects_lead_fkey FOREIGN KEY (company_id, lead_agent_id) REFERENCES engine.agents(company_id, id)
);
CREATE INDEX projects_goal_index ON engine.projects USING btree (company_id, goal_id, id) WHERE (goal_id IS NOT NULL);
CREATE INDEX projects_status_index ON engine.projects USING btree (company_id, status, id);

create table reviews (
  deliverable_id uuid not null,
  company_id uuid not null,
  decision text not null,
  feedback text,
  reviewer_kind text not null,
  reviewer_id text not null,
  created_at timestamp(3) with time zone not null,
  constraint reviews_pkey PRIMARY KEY (deliverable_id),
  constraint reviews_deliverable_fkey FOREIGN KEY (company_id, deliverable_id) REFERENCES engine.deliverables(company_id, id)
);

create table route_events (
  company_id uuid not null,
  pattern text not null,
  route_id uuid not null,
  constraint route_events_pkey PRIMARY KEY (company_id, pattern, route_id),
  constraint route_events_route_fkey FOREIGN KEY (company_id, route_id) REFERENCES engine.routes(company_id, id)
);
CREATE INDEX route_events_route_index ON engine.route_events USING btree (company_id, route_id);

create table routes (
  id uuid not null,
  company_id uuid not null,
  project_id uuid,
  agent_id uuid,
  name text not null,
  events jsonb not null,
  conditions jsonb not null,
  destination_type text not null,
  config jsonb not null,
  mapping jsonb,
  template jsonb,
  retry jsonb not null,
  is_enabled bigint not null,
  removed_at timestamp(3) with time zone,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  digest jsonb,
  constraint routes_company_key UNIQUE (company_id, id),
  constraint routes_pkey PRIMARY KEY (id),
  constraint routes_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint routes_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint routes_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id),
  constraint routes_one_scope CHECK (((project_id IS NULL) OR (agent_id IS NULL)))
);
CREATE INDEX routes_agent_index ON engine.routes USING btree (company_id, agent_id, id) WHERE ((removed_at IS NULL) AND (agent_id IS NOT NULL));
CREATE INDEX routes_live_index ON engine.routes USING btree (company_id, id) WHERE (removed_at IS NULL);
CREATE INDEX routes_project_index ON engine.routes USING btree (company_id, project_id, id) WHERE ((removed_at IS NULL) AND (project_id IS NOT NULL));

create table routine_fires (
  id uuid not null,
  company_id uuid not null,
  routine_id uuid not null,
  trigger_id uuid,
  source text not null,
  scheduled_for timestamp(3) with time zone,
  delivery_id text,
  status text not null,
  reason text,
  task_id uuid,
  variables jsonb not null,
  created_at timestamp(3) with time zone not null,
  constraint routine_fires_company_key UNIQUE (company_id, id),
  constraint routine_fires_delivery_key UNIQUE (trigger_id, delivery_id),
  constraint routine_fires_time_key UNIQUE (trigger_id, scheduled_for),
  constraint routine_fires_pkey PRIMARY KEY (id),
  constraint routine_fires_routine_fkey FOREIGN KEY (company_id, routine_id) REFERENCES engine.routines(company_id, id),
  constraint routine_fires_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id),
  constraint routine_fires_trigger_fkey FOREIGN KEY (company_id, trigger_id) REFERENCES engine.routine_triggers(company_id, id)
);
CREATE INDEX routine_fires_routine_index ON engine.routine_fires USING btree (company_id, routine_id, id);
CREATE INDEX routine_fires_status_index ON engine.routine_fires USING btree (company_id, routine_id, status, id);
CREATE INDEX routine_fires_trigger_index ON engine.routine_fires USING btree (company_id, trigger_id, id) WHERE (trigger_id IS NOT NULL);

create table routine_triggers (
  id uuid not null,
  company_id uuid not null,
  routine_id uuid not null,
  kind text not null,
  is_enabled bigint not null,
  expression text,
  time_zone text,
  next_at timestamp(3) with time zone,
  scheme text,
  window_sec bigint,
  mapping jsonb not null,
  key_text text,
  previous_key_text text,
  previous_until timestamp(3) with time zone,
  last_fired_at timestamp(3) with time zone,
  removed_at timestamp(3) with time zone,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint routine_triggers_company_key UNIQUE (company_id, id),
  constraint routine_triggers_pkey PRIMARY KEY (id),
  constraint routine_triggers_routine_fkey FOREIGN KEY (company_id, routine_id) REFERENCES engine.routines(company_id, id),
  constraint routine_triggers_of_one_kind CHECK ((((kind = 'cron'::text) AND (expression IS NOT NULL) AND (time_zone IS NOT NULL) AND (scheme IS NULL)) OR ((kind = 'webhook'::text) AND (scheme IS NOT NULL) AND (expression IS NULL) AND (next_at IS NULL))))
);
CREATE INDEX routine_triggers_due_index ON engine.routine_triggers USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX routine_triggers_routine_index ON engine.routine_triggers USING btree (company_id, routine_id, id);

create table routines (
  id uuid not null,
  company_id uuid not null,
  name text not null,
  name_key text not null,
  description text,
  status text not null,
  pause_reason text,
  assignee_agent_id uuid,
  project_id uuid,
  goal_id uuid,
  template jsonb not null,
  variables jsonb not null,
  concurrency text not null,
  catch_up text not null,
  failures bigint not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint routines_company_key UNIQUE (company_id, id),
  constraint routines_pkey PRIMARY KEY (id),
  constraint routines_assignee_fkey FOREIGN KEY (company_id, assignee_agent_id) REFERENCES engine.agents(company_id, id),
  constraint routines_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint routines_goal_fkey FOREIGN KEY (company_id, goal_id) REFERENCES engine.goals(company_id, id),
  constraint routines_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id)
);
CREATE INDEX routines_status_index ON engine.routines USING btree (company_id, status, id);
CREATE UNIQUE INDEX routines_name_key ON engine.routines USING btree (company_id, name_key) WHERE (status <> 'archived'::text);

create table routing_rules (
  id uuid not null,
  company_id uuid not null,
  project_id uuid,
  name text not null,
  position bigint not null,
  is_enabled bigint not null,
  conditions jsonb not null,
  target_agent_id uuid,
  target_capability text,
  strategy text,
  fallback_agent_id uuid,
  last_agent_id uuid,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint routing_rules_company_key UNIQUE (company_id, id),
  constraint routing_rules_pkey PRIMARY KEY (id),
  constraint routing_rules_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint routing_rules_fallback_fkey FOREIGN KEY (company_id, fallback_agent_id) REFERENCES engine.agents(company_id, id),
  constraint routing_rules_last_fkey FOREIGN KEY (company_id, last_agent_id) REFERENCES engine.agents(company_id, id),
  constraint routing_rules_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id),
  constraint routing_rules_target_fkey FOREIGN KEY (company_id, target_agent_id) REFERENCES engine.agents(company_id, id)
);
CREATE INDEX routing_rules_order_index ON engine.routing_rules USING btree (company_id, project_id, "position", id);
CREATE INDEX routing_rules_position_index ON engine.routing_rules USING btree (company_id, "position", id);

create table run_callbacks (
  company_id uuid not null,
  run_id uuid not null,
  sequence bigint not null,
  delivery_id text not null,
  body text not null,
  received_at timestamp(3) with time zone not null,
  constraint run_callbacks_delivery_key UNIQUE (company_id, run_id, delivery_id),
  constraint run_callbacks_pkey PRIMARY KEY (company_id, run_id, sequence),
  constraint run_callbacks_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id)
);
CREATE INDEX run_callbacks_received_index ON engine.run_callbacks USING btree (received_at);

create table run_log (
  company_id uuid not null,
  run_id uuid not null,
  sequence bigint not null,
  stream text not null,
  text text not null,
  total_bytes bigint not null,
  at timestamp(3) with time zone not null,
  constraint run_log_pkey PRIMARY KEY (company_id, run_id, sequence),
  constraint run_log_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id)
);

create table runs (
  id uuid not null,
  company_id uuid not null,
  agent_id uuid not null,
  task_id uuid not null,
  status text not null,
  wake_reasons jsonb not null,
  priority bigint not null,
  attempt bigint not null,
  retry_of uuid,
  fence bigint,
  worker_id text,
  credential_hash text,
  available_at timestamp(3) with time zone not null,
  outcome jsonb,
  error_class text,
  error_message text,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cached_input_tokens bigint not null default 0,
  cost_micros bigint not null default 0,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  started_at timestamp(3) with time zone,
  finished_at timestamp(3) with time zone,
  adapter_type text,
  adapter_provider text,
  adapter_place text,
  adapter_reason text,
  is_budgeted bigint not null default 0,
  constraint runs_company_key UNIQUE (company_id, id),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint runs_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX runs_agent_index ON engine.runs USING btree (company_id, agent_id, id);
CREATE INDEX runs_queue_index ON engine.runs USING btree (company_id, agent_id, priority, id) WHERE (status = 'queued'::text);
CREATE INDEX runs_status_index ON engine.runs USING btree (company_id, status, id);
CREATE INDEX runs_task_index ON engine.runs USING btree (company_id, task_id, id);
CREATE UNIQUE INDEX runs_credential_index ON engine.runs USING btree (credential_hash) WHERE (credential_hash IS NOT NULL);
CREATE UNIQUE INDEX runs_one_queued_index ON engine.runs USING btree (company_id, agent_id, task_id) WHERE (status = 'queued'::text);
CREATE UNIQUE INDEX runs_one_waiting_index ON engine.runs USING btree (company_id, task_id) WHERE (status = 'waiting'::text);

create table seals (
  company_id uuid not null,
  number bigint not null,
  first_seq bigint not null,
  last_seq bigint not null,
  count bigint not null,
  previous_seal text not null,
  seal text not null,
  epoch bigint not null,
  sealed_at timestamp(3) with time zone not null,
  constraint seals_pkey PRIMARY KEY (company_id, number),
  constraint seals_are_of_events CHECK (((number > 0) AND (count > 0) AND (first_seq <= last_seq)))
);
CREATE TRIGGER seals_are_append_only BEFORE DELETE OR UPDATE ON engine.seals FOR EACH ROW EXECUTE FUNCTION engine.seals_are_append_only();

create table search_entries (
  id bigint not null generated always as identity,
  company_id uuid not null,
  entity_type text not null,
  entity_id uuid not null,
  task_id uuid,
  title text not null,
  body text not null,
  title_words text not null,
  body_words text not null,
  words tsvector default array_to_tsvector(string_to_array(rtrim((((((((company_id)::text || ' t'::text) || replace(title_words, ' '::text, ' t'::text)) || ' w'::text) || replace(title_words, ' '::text, ' w'::text)) || ' w'::text) || replace(body_words, ' '::text, ' w'::text))), ' '::text)),
  constraint search_entries_entity_key UNIQUE (company_id, entity_type, entity_id),
  constraint search_entries_pkey PRIMARY KEY (id)
);
CREATE INDEX search_entries_task_index ON engine.search_entries USING btree (company_id, task_id) WHERE (task_id IS NOT NULL);
CREATE INDEX search_entries_words_index ON engine.search_entries USING gin (words);

create table secret_accesses (
  id uuid not null,
  company_id uuid not null,
  secret_id uuid not null,
  number bigint,
  outcome text not null,
  run_id uuid,
  agent_id uuid,
  at timestamp(3) with time zone not null,
  route_id uuid,
  plugin_id uuid,
  constraint secret_accesses_pkey PRIMARY KEY (id),
  constraint secret_accesses_plugin_fkey FOREIGN KEY (company_id, plugin_id) REFERENCES engine.plugins(company_id, id),
  constraint secret_accesses_route_fkey FOREIGN KEY (company_id, route_id) REFERENCES engine.routes(company_id, id),
  constraint secret_accesses_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint secret_accesses_secret_fkey FOREIGN KEY (company_id, secret_id) REFERENCES engine.secrets(company_id, id)
);
CREATE INDEX secret_accesses_secret_index ON engine.secret_accesses USING btree (company_id, secret_id, id);

create table secret_uses (
  id uuid not null,
  company_id uuid not null,
  secret_id uuid not null,
  kind text not null,
  target_id uuid not null,
  agent_id uuid,
  project_id uuid,
  place text not null,
  number bigint,
  created_at timestamp(3) with time zone not null,
  route_id uuid,
  plugin_id uuid,
  constraint secret_uses_pkey PRIMARY KEY (id),
  constraint secret_uses_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint secret_uses_plugin_fkey FOREIGN KEY (company_id, plugin_id) REFERENCES engine.plugins(company_id, id),
  constraint secret_uses_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id),
  constraint secret_uses_route_fkey FOREIGN KEY (company_id, route_id) REFERENCES engine.routes(company_id, id),
  constraint secret_uses_secret_fkey FOREIGN KEY (company_id, secret_id) REFERENCES engine.secrets(company_id, id),
  constraint secret_uses_have_their_target CHECK ((target_id = COALESCE(agent_id, project_id, company_id)))
);
CREATE INDEX secret_uses_plugin_index ON engine.secret_uses USING btree (company_id, plugin_id) WHERE (plugin_id IS NOT NULL);
CREATE INDEX secret_uses_route_index ON engine.secret_uses USING btree (company_id, route_id) WHERE (route_id IS NOT NULL);
CREATE INDEX secret_uses_secret_index ON engine.secret_uses USING btree (company_id, secret_id, id);
CREATE UNIQUE INDEX secret_uses_place_key ON engine.secret_uses USING btree (company_id, target_id, kind, place);

create table secret_versions (
  company_id uuid not null,
  secret_id uuid not null,
  number bigint not null,
  status text not null,
  sealed text not null,
  created_by_kind text not null,
  created_by_id text not null,
  created_at timestamp(3) with time zone not null,
  destroyed_at timestamp(3) with time zone,
  constraint secret_versions_pkey PRIMARY KEY (company_id, secret_id, number),
  constraint secret_versions_secret_fkey FOREIGN KEY (company_id, secret_id) REFERENCES engine.secrets(company_id, id),
  constraint secret_versions_destroyed CHECK (((status = 'destroyed'::text) = (sealed = ''::text)))
);

create table secrets (
  id uuid not null,
  company_id uuid not null,
  name text not null,
  name_key text not null,
  description text,
  status text not null,
  current_version bigint not null,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint secrets_company_key UNIQUE (company_id, id),
  constraint secrets_name_key UNIQUE (company_id, name_key),
  constraint secrets_pkey PRIMARY KEY (id),
  constraint secrets_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id)
);

create table session_charges (
  company_id uuid not null,
  agent_id uuid not null,
  task_id uuid not null,
  subject text not null,
  run_id uuid not null,
  fence bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_input_tokens bigint not null,
  cost_micros bigint not null,
  constraint session_charges_pkey PRIMARY KEY (company_id, agent_id, task_id, subject),
  constraint session_charges_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint session_charges_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);

create table sessions (
  id uuid not null,
  user_id uuid not null,
  token_hash text not null,
  address text,
  user_agent text,
  created_at timestamp(3) with time zone not null,
  last_used_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone not null,
  constraint sessions_token_key UNIQUE (token_hash),
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES engine.accounts(user_id)
);
CREATE INDEX sessions_user_index ON engine.sessions USING btree (user_id, id);

create table sprints (
  id uuid not null,
  company_id uuid not null,
  project_id uuid,
  name text not null,
  goal text,
  status text not null,
  starts_on text,
  ends_on text,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint sprints_company_key UNIQUE (company_id, id),
  constraint sprints_pkey PRIMARY KEY (id),
  constraint sprints_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint sprints_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id)
);
CREATE INDEX sprints_project_index ON engine.sprints USING btree (company_id, project_id, id) WHERE (project_id IS NOT NULL);
CREATE INDEX sprints_status_index ON engine.sprints USING btree (company_id, status, id);

create table task_blockers (
  company_id uuid not null,
  task_id uuid not null,
  blocker_id uuid not null,
  constraint task_blockers_pkey PRIMARY KEY (company_id, task_id, blocker_id),
  constraint task_blockers_blocker_fkey FOREIGN KEY (company_id, blocker_id) REFERENCES engine.tasks(company_id, id),
  constraint task_blockers_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id),
  constraint task_blockers_not_itself CHECK ((task_id <> blocker_id))
);
CREATE INDEX task_blockers_blocker_index ON engine.task_blockers USING btree (company_id, blocker_id);

create table task_labels (
  company_id uuid not null,
  task_id uuid not null,
  label_id uuid not null,
  constraint task_labels_pkey PRIMARY KEY (company_id, task_id, label_id),
  constraint task_labels_label_fkey FOREIGN KEY (company_id, label_id) REFERENCES engine.labels(company_id, id),
  constraint task_labels_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX task_labels_label_index ON engine.task_labels USING btree (company_id, label_id, task_id);

create table tasks (
  id uuid not null,
  company_id uuid not null,
  identifier text not null,
  title text not null,
  description text,
  status text not null,
  priority bigint not null,
  goal_id uuid,
  parent_id uuid,
  assignee_agent_id uuid,
  preferred_agent_id uuid,
  required_capabilities jsonb not null,
  tags jsonb not null,
  acceptance_criteria jsonb not null,
  context jsonb not null,
  max_attempts bigint not null,
  blocked_reason text,
  blocked_owner text,
  progress_percent bigint not null default 0,
  progress_message text,
  fence bigint not null default 0,
  checkout_run_id uuid,
  checkout_agent_id uuid,
  checkout_at timestamp(3) with time zone,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  started_at timestamp(3) with time zone,
  completed_at timestamp(3) with time zone,
  cancelled_at timestamp(3) with time zone,
  project_id uuid,
  sprint_id uuid,
  assignee_user_id uuid,
  held_by_task_id uuid,
  due_at timestamp(3) with time zone,
  overdue_at timestamp(3) with time zone,
  billing_code text,
  request_depth bigint not null default 0,
  origin text not null default 'manual'::text,
  created_by_kind text not null default 'system'::text,
  created_by_id text not null default 'system'::text,
  is_labelled bigint not null default 0,
  deleted_at timestamp(3) with time zone,
  is_asked bigint not null default 0,
  moved_at timestamp(3) with time zone,
  constraint tasks_company_key UNIQUE (company_id, id),
  constraint tasks_identifier_key UNIQUE (identifier),
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_assignee_fkey FOREIGN KEY (company_id, assignee_agent_id) REFERENCES engine.agents(company_id, id),
  constraint tasks_assignee_user_fkey FOREIGN KEY (company_id, assignee_user_id) REFERENCES engine.members(company_id, user_id),
  constraint tasks_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint tasks_goal_fkey FOREIGN KEY (company_id, goal_id) REFERENCES engine.goals(company_id, id),
  constraint tasks_held_by_task_fkey FOREIGN KEY (company_id, held_by_task_id) REFERENCES engine.tasks(company_id, id),
  constraint tasks_parent_fkey FOREIGN KEY (company_id, parent_id) REFERENCES engine.tasks(company_id, id),
  constraint tasks_preferred_fkey FOREIGN KEY (company_id, preferred_agent_id) REFERENCES engine.agents(company_id, id),
  constraint tasks_project_fkey FOREIGN KEY (company_id, project_id) REFERENCES engine.projects(company_id, id),
  constraint tasks_sprint_fkey FOREIGN KEY (company_id, sprint_id) REFERENCES engine.sprints(company_id, id)
);
CREATE INDEX tasks_assignee_index ON engine.tasks USING btree (company_id, assignee_agent_id, id) WHERE (assignee_agent_id IS NOT NULL);
CREATE INDEX tasks_assignee_user_index ON engine.tasks USING btree (company_id, assignee_user_id, id) WHERE (assignee_user_id IS NOT NULL);
CREATE INDEX tasks_due_index ON engine.tasks USING btree (due_at) WHERE ((due_at IS NOT NULL) AND (overdue_at IS NULL) AND (status <> ALL (ARRAY['done'::text, 'cancelled'::text])));
CREATE INDEX tasks_ended_index ON engine.tasks USING btree (company_id, assignee_agent_id, COALESCE(completed_at, cancelled_at)) WHERE (status = ANY (ARRAY['done'::text, 'cancelled'::text]));
CREATE INDEX tasks_goal_index ON engine.tasks USING btree (company_id, goal_id, id) WHERE (goal_id IS NOT NULL);
CREATE INDEX tasks_held_index ON engine.tasks USING btree (company_id, held_by_task_id, id) WHERE (held_by_task_id IS NOT NULL);
CREATE INDEX tasks_open_index ON engine.tasks USING btree (company_id, assignee_agent_id) WHERE ((assignee_agent_id IS NOT NULL) AND (deleted_at IS NULL) AND (status = ANY (ARRAY['todo'::text, 'in_progress'::text, 'in_review'::text, 'blocked'::text])));
CREATE INDEX tasks_origin_index ON engine.tasks USING btree (company_id, origin, id) WHERE (origin <> 'manual'::text);
CREATE INDEX tasks_overdue_index ON engine.tasks USING btree (company_id, id) WHERE (overdue_at IS NOT NULL);
CREATE INDEX tasks_parent_index ON engine.tasks USING btree (company_id, parent_id, id) WHERE (parent_id IS NOT NULL);
CREATE INDEX tasks_priority_index ON engine.tasks USING btree (company_id, priority, id);
CREATE INDEX tasks_project_index ON engine.tasks USING btree (company_id, project_id, id) WHERE (project_id IS NOT NULL);
CREATE INDEX tasks_sprint_index ON engine.tasks USING btree (company_id, sprint_id, id) WHERE (sprint_id IS NOT NULL);
CREATE INDEX tasks_status_index ON engine.tasks USING btree (company_id, status, id);
CREATE INDEX tasks_todo_index ON engine.tasks USING btree (company_id, assignee_agent_id, priority, id) WHERE (status = 'todo'::text);

create table users (
  id uuid not null,
  name text not null,
  email text,
  version bigint not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint users_email_key UNIQUE (email),
  constraint users_pkey PRIMARY KEY (id)
);

create table workers (
  id uuid not null,
  name text not null,
  host text not null,
  pid bigint not null,
  engine_version text not null,
  adapters jsonb not null,
  capacity bigint not null,
  status text not null,
  changed_by text not null,
  changed_at timestamp(3) with time zone not null,
  started_at timestamp(3) with time zone not null,
  seen_at timestamp(3) with time zone not null,
  node_key_id uuid,
  token_hash text,
  token_expires_at timestamp(3) with time zone,
  constraint workers_pkey PRIMARY KEY (id),
  constraint workers_node_key_id_fkey FOREIGN KEY (node_key_id) REFERENCES engine.node_keys(id),
  constraint workers_status_check CHECK ((status = ANY (ARRAY['active'::text, 'draining'::text, 'stopped'::text])))
);
CREATE INDEX workers_seen_index ON engine.workers USING btree (seen_at);
CREATE UNIQUE INDEX workers_token_index ON engine.workers USING btree (token_hash) WHERE (token_hash IS NOT NULL);

create view engine_instance as
 SELECT epoch
   FROM engine.engine_identity
  WHERE (table_id = (tableoid)::bigint);

CREATE OR REPLACE FUNCTION engine.events_are_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ begin raise exception 'events are append-only'; end $function$;

CREATE OR REPLACE FUNCTION engine.seals_are_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ begin raise exception 'seals are append-only'; end $function$;
