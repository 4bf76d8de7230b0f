import type { Migration } from '../migrate.ts'

// Every event takes its epoch from engine_instance. From now on that shows one only where the database was last opened: one
// that was restored under a running process is known at that process's next write, not when the next one opens it.
export const migration0003: Migration = {
  id: '0003-recognized-instance',
  statements: [
    `alter table engine_instance rename to engine_identity`,
    `alter table engine_identity add column database_id {integer} not null default 0`,
    `alter table engine_identity add column table_id {integer} not null default 0`,
    // Postgres' identity was one text of all three; which database this is, its next opening says.
    `update engine_identity set identity = 'new' where identity not in ('sqlite', 'copy')`,
    {
      // Nothing in a file tells it from its copy; a process that has it open keeps the very file.
      sqlite: `create view engine_instance as select epoch from engine_identity`,
      // A restore creates the table anew. That it lies in another database or cluster is seen when it is opened.
      postgres: `create view engine_instance as select epoch from engine_identity where table_id = engine_identity.tableoid::bigint`,
    },
  ],
}
