import type { Migration } from '../migrate.ts'

// Like the log itself, its seals are only ever added. They hang on no other table: sealing locks no row that a command needs.
export const migration0011: Migration = {
  id: '0011-sealed-events',
  statements: [
    `create table seals (
      company_id {uuid} not null,
      number {integer} not null,
      first_seq {integer} not null,
      last_seq {integer} not null,
      count {integer} not null,
      previous_seal text not null,
      seal text not null,
      epoch {integer} not null,
      sealed_at {time} not null,
      primary key (company_id, number),
      constraint seals_are_of_events check (number > 0 and count > 0 and first_seq <= last_seq)
    ) {table}`,
    {
      sqlite: `create trigger seals_are_not_changed before update on seals begin select raise(abort, 'seals are append-only'); end`,
      postgres: `create function seals_are_append_only() returns trigger language plpgsql as
        $$ begin raise exception 'seals are append-only'; end $$`,
    },
    {
      sqlite: `create trigger seals_are_not_deleted before delete on seals begin select raise(abort, 'seals are append-only'); end`,
      postgres: `create trigger seals_are_append_only before update or delete on seals
        for each row execute function seals_are_append_only()`,
    },
  ],
}
