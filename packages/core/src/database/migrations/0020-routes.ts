import type { Migration } from '../migrate.ts'
import { companyLink } from './company-link.ts'

// Where events go: routes, what each of them listens to, and the outbox, whose rows are written with the events they send.
export const migration0020: Migration = {
  id: '0020-routes',
  statements: [
    `create table routes (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      project_id {uuid},
      agent_id {uuid},
      name text not null,
      events {json} not null,
      conditions {json} not null,
      destination_type text not null,
      config {json} not null,
      mapping {json},
      template {json},
      retry {json} not null,
      is_enabled {integer} not null,
      removed_at {time},
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint routes_company_key unique (company_id, id),
      constraint routes_one_scope check (project_id is null or agent_id is null),
      constraint routes_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
      constraint routes_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
    ) {table}`,
    `create index routes_live_index on routes (company_id, id) where removed_at is null`,
    `create index routes_project_index on routes (company_id, project_id, id) where removed_at is null and project_id is not null`,
    `create index routes_agent_index on routes (company_id, agent_id, id) where removed_at is null and agent_id is not null`,

    // What enabled routes listen to: a type of event, all of one thing (task.*), or all. It is looked at with every event.
    `create table route_events (
      company_id {uuid} not null,
      pattern text not null,
      route_id {uuid} not null,
      primary key (company_id, pattern, route_id),
      constraint route_events_route_fkey foreign key (company_id, route_id) references routes (company_id, id)
    ) {table}`,
    `create index route_events_route_index on route_events (company_id, route_id)`,

    // An open delivery without a next time waits behind an earlier one of the same entity in the same route.
    `create table deliveries (
      id {uuid} primary key,
      company_id {uuid} not null,
      route_id {uuid} not null,
      event_id {uuid} not null,
      event_seq {integer} not null,
      event_type text not null,
      entity_type text not null,
      entity_id {uuid} not null,
      status text not null,
      attempts {integer} not null,
      tries {integer} not null,
      tried_since {time},
      claimed_at {time},
      next_at {time},
      fence {integer} not null,
      reason text,
      response_status {integer},
      reference text,
      created_at {time} not null,
      updated_at {time} not null,
      ended_at {time},
      constraint deliveries_company_key unique (company_id, id),
      constraint deliveries_event_key unique (route_id, event_id),
      constraint deliveries_only_open_are_due check (next_at is null or status in ('pending', 'retrying')),
      constraint deliveries_route_fkey foreign key (company_id, route_id) references routes (company_id, id)
    ) {table}`,
    `create index deliveries_due_index on deliveries (route_id, next_at, event_seq) where next_at is not null`,
    `create index deliveries_lane_index on deliveries (company_id, route_id, entity_id, event_seq) where status in ('pending', 'retrying')`,
    `create index deliveries_list_index on deliveries (company_id, id)`,
    `create index deliveries_status_index on deliveries (company_id, status, id)`,
    `create index deliveries_route_index on deliveries (company_id, route_id, id)`,
    `create index deliveries_route_status_index on deliveries (company_id, route_id, status, id)`,
    `create index deliveries_entity_index on deliveries (company_id, entity_id, id)`,

    `create table delivery_attempts (
      company_id {uuid} not null,
      delivery_id {uuid} not null,
      number {integer} not null,
      result text not null,
      response_status {integer},
      reason text,
      response text,
      started_at {time} not null,
      ended_at {time} not null,
      primary key (company_id, delivery_id, number),
      constraint delivery_attempts_delivery_fkey foreign key (company_id, delivery_id) references deliveries (company_id, id)
    ) {table}`,

    // What a version is made of beside its text, and what it took. Files are kept by what they are, whatever becomes of the attachment.
    `alter table deliverables add column files {json} not null default '[]'`,
    `alter table deliverables add column actions {json} not null default '[]'`,
    `alter table deliverables add column usage {json}`,
    `alter table deliverables add column provider text`,
    `alter table deliverables add column model text`,

    ...companyLink({ table: 'secret_uses', column: 'route_id', parent: 'routes' }),
    `create index secret_uses_route_index on secret_uses (company_id, route_id) where route_id is not null`,
  ],
}
