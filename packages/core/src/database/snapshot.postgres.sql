-- Generated from the migrations by `pnpm schema:generate`.

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
  constraint agents_company_key UNIQUE (company_id, id),
  constraint agents_name_key UNIQUE (company_id, name),
  constraint agents_pkey PRIMARY KEY (id),
  constraint agents_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint agents_reports_to_fkey FOREIGN KEY (company_id, reports_to) REFERENCES engine.agents(company_id, id)
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
  constraint comments_company_key UNIQUE (company_id, id),
  constraint comments_pkey PRIMARY KEY (id),
  constraint comments_parent_fkey FOREIGN KEY (company_id, parent_id) REFERENCES engine.comments(company_id, id),
  constraint comments_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint comments_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
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
  constraint companies_task_prefix_key UNIQUE (task_prefix),
  constraint companies_pkey PRIMARY KEY (id)
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
  constraint deliverables_company_key UNIQUE (company_id, id),
  constraint deliverables_number_key UNIQUE (company_id, task_id, number),
  constraint deliverables_pkey PRIMARY KEY (id),
  constraint deliverables_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint deliverables_parent_fkey FOREIGN KEY (company_id, parent_id) REFERENCES engine.deliverables(company_id, id),
  constraint deliverables_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint deliverables_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX deliverables_status_index ON engine.deliverables USING btree (company_id, status, id);
CREATE UNIQUE INDEX deliverables_one_pending_index ON engine.deliverables USING btree (company_id, task_id) WHERE (status = 'pending'::text);

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

create table idempotency_records (
  scope text not null,
  key_hash text not null,
  input_hash text not null,
  sealed_output text not null,
  created_at timestamp(3) with time zone not null,
  constraint idempotency_records_pkey PRIMARY KEY (scope, key_hash)
);
CREATE INDEX idempotency_age_index ON engine.idempotency_records USING btree (created_at);

create table leases (
  run_id uuid not null,
  company_id uuid not null,
  task_id uuid not null,
  agent_id uuid not null,
  fence bigint not null,
  worker_id text not null,
  expires_at timestamp(3) with time zone not null,
  constraint leases_one_owner UNIQUE (company_id, task_id),
  constraint leases_pkey PRIMARY KEY (run_id),
  constraint leases_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint leases_run_fkey FOREIGN KEY (company_id, run_id) REFERENCES engine.runs(company_id, id),
  constraint leases_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX leases_agent_index ON engine.leases USING btree (company_id, agent_id);
CREATE INDEX leases_expiry_index ON engine.leases USING btree (expires_at);

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
  constraint runs_company_key UNIQUE (company_id, id),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_agent_fkey FOREIGN KEY (company_id, agent_id) REFERENCES engine.agents(company_id, id),
  constraint runs_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint runs_task_fkey FOREIGN KEY (company_id, task_id) REFERENCES engine.tasks(company_id, id)
);
CREATE INDEX runs_agent_index ON engine.runs USING btree (company_id, agent_id, id);
CREATE INDEX runs_queue_index ON engine.runs USING btree (company_id, agent_id, priority, id) WHERE (status = 'queued'::text);
CREATE INDEX runs_status_index ON engine.runs USING btree (company_id, status, id);
CREATE INDEX runs_task_index ON engine.runs USING btree (company_id, task_id, id);
CREATE UNIQUE INDEX runs_credential_index ON engine.runs USING btree (credential_hash) WHERE (credential_hash IS NOT NULL);
CREATE UNIQUE INDEX runs_one_queued_index ON engine.runs USING btree (company_id, agent_id, task_id) WHERE (status = 'queued'::text);

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
  constraint tasks_company_key UNIQUE (company_id, id),
  constraint tasks_identifier_key UNIQUE (identifier),
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_assignee_fkey FOREIGN KEY (company_id, assignee_agent_id) REFERENCES engine.agents(company_id, id),
  constraint tasks_company_id_fkey FOREIGN KEY (company_id) REFERENCES engine.companies(id),
  constraint tasks_goal_fkey FOREIGN KEY (company_id, goal_id) REFERENCES engine.goals(company_id, id),
  constraint tasks_parent_fkey FOREIGN KEY (company_id, parent_id) REFERENCES engine.tasks(company_id, id),
  constraint tasks_preferred_fkey FOREIGN KEY (company_id, preferred_agent_id) REFERENCES engine.agents(company_id, id)
);
CREATE INDEX tasks_assignee_index ON engine.tasks USING btree (company_id, assignee_agent_id, id) WHERE (assignee_agent_id IS NOT NULL);
CREATE INDEX tasks_parent_index ON engine.tasks USING btree (company_id, parent_id, id) WHERE (parent_id IS NOT NULL);
CREATE INDEX tasks_status_index ON engine.tasks USING btree (company_id, status, id);

create view engine_instance as
 SELECT epoch
   FROM engine.engine_identity
  WHERE (table_id = (tableoid)::bigint);

CREATE OR REPLACE FUNCTION engine.events_are_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ begin raise exception 'events are append-only'; end $function$;
