import type { Migration } from '../migrate.ts'

// Routes that gather what they send, and what was sent together; and the values that routes wanted, not only those of runs.
export const migration0022: Migration = {
  id: '0022-digests',
  statements: [
    `alter table routes add column digest {json}`,
    `alter table deliveries add column digest_id {uuid}`,
    `create index deliveries_digest_index on deliveries (company_id, route_id, digest_id) where digest_id is not null and status in ('pending', 'retrying')`,

    // Of a run with its agent, or of a route. SQLite takes no constraint away, so there the table is made anew.
    {
      sqlite: `create table secret_accesses_next (
        id text primary key,
        company_id text not null,
        secret_id text not null,
        number integer,
        outcome text not null,
        run_id text,
        agent_id text,
        route_id text,
        at text not null,
        constraint secret_accesses_secret_fkey foreign key (company_id, secret_id) references secrets (company_id, id),
        constraint secret_accesses_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
        constraint secret_accesses_route_fkey foreign key (company_id, route_id) references routes (company_id, id)
      ) strict`,
      postgres: `alter table secret_accesses
        alter column run_id drop not null, alter column agent_id drop not null, add column route_id uuid,
        add constraint secret_accesses_route_fkey foreign key (company_id, route_id) references routes (company_id, id)`,
    },
    {
      sqlite: `insert into secret_accesses_next (id, company_id, secret_id, number, outcome, run_id, agent_id, at)
        select id, company_id, secret_id, number, outcome, run_id, agent_id, at from secret_accesses`,
    },
    { sqlite: `drop table secret_accesses` },
    { sqlite: `alter table secret_accesses_next rename to secret_accesses` },
    { sqlite: `create index secret_accesses_secret_index on secret_accesses (company_id, secret_id, id)` },
  ],
}
