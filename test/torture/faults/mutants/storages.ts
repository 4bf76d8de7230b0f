import { inLoop, inRaces, onPostgres, onSqlite, type Mutant } from '../mutant.ts'

const writer = 'packages/storage-sqlite/src/writer.ts'
const driver = 'packages/storage-postgres/src/driver.ts'
const opened = (test: string) => ({ file: 'packages/storage-sqlite/src/open.test.ts', test })
const sqliteStorage = (test: string) => ({ file: 'packages/storage-sqlite/src/storage.test.ts', test })

/** What a database is asked to promise. */
export const storages: readonly Mutant[] = [
  {
    name: 'SQLite begins without its write lock',
    file: writer,
    find: `begin immediate`,
    replace: `begin deferred`,
    caughtBy: sqliteStorage('lets two connections write in turns: a transaction that reads before it writes is never refused'),
    isQuick: true,
  },
  {
    name: 'SQLite does not wait for the disk',
    file: 'packages/storage-sqlite/src/open.ts',
    find: `synchronous = FULL`,
    replace: `synchronous = NORMAL`,
    caughtBy: sqliteStorage('shares one commit among the transactions of one moment, and is durable on every connection'),
  },
  {
    name: 'SQLite acknowledges before the shared commit',
    file: writer,
    find: `      this.#leave(group)
    }
    await group.committed`,
    replace: `      this.#leave(group)
    }`,
    caughtBy: inLoop('disk-full on sqlite'),
  },
  {
    name: 'SQLite keeps what one of many took back',
    file: writer,
    find: `this.#control['rollback to command'].run()`,
    replace: ``,
    caughtBy: onSqlite('of many transactions at once each is kept or taken back for itself'),
  },
  {
    name: 'a commit that Postgres answered with a rollback counts',
    file: driver,
    find: `if (command !== 'COMMIT')`,
    replace: `if (command === '')`,
    caughtBy: onPostgres('a statement that fails and is ignored is never half a commit'),
  },
  {
    name: 'a commit whose answer was lost counts as refused',
    file: driver,
    find: `throw asCommitFailure(error)`,
    replace: `throw error`,
    caughtBy: inLoop('idempotency on postgres'),
  },
  {
    name: 'a statement whose answer was lost counts as refused',
    file: 'packages/core/src/kernel/batcher.ts',
    find: `codeOf(error) === '08006' ? unknownOutcome(error) : error`,
    replace: `codeOf(error) === '' ? unknownOutcome(error) : error`,
    caughtBy: inLoop('proxy-faults on postgres'),
  },
  {
    name: 'what took effect is said not to have, since its answer could not be read',
    file: 'packages/core/src/kernel/batcher.ts',
    find: `      throw unknownOutcome(error)`,
    replace: `      throw error`,
    caughtBy: {
      file: 'test/batch-facts.test.ts',
      test: 'never says of what took effect that it did not, when its labels can not be read afterwards',
    },
  },
  {
    name: 'what an answer needs is read by another connection than made the change',
    file: 'packages/core/src/kernel/batcher.ts',
    find: `return await read(connection, rows)`,
    replace: `return await read(db, rows)`,
    caughtBy: {
      file: 'test/batch-facts.test.ts',
      test: 'answers for what takes effect while its engine is stopped, also when its labels are still to be read',
    },
  },
  {
    name: 'an idle connection that breaks ends the process',
    file: 'packages/storage-postgres/src/pool.ts',
    find: `pool.on('error', ignore)`,
    replace: ``,
    caughtBy: { file: 'test/postgres-transactions.test.ts', test: 'outlives the end of a connection that nobody uses' },
  },
  {
    name: 'a transaction keeps its locks while its process stands still',
    file: driver,
    find: `set local idle_in_transaction_session_timeout = '10s'`,
    replace: `set local idle_in_transaction_session_timeout = '0'`,
    caughtBy: inRaces('a worker > takes tasks back in a company where another process hangs in the middle of a command'),
  },
  {
    name: 'those who migrate do not wait for each other',
    file: 'packages/core/src/database/migrate.ts',
    find: 'select pg_advisory_xact_lock(hashtextextended(${`engine migrations ${schema}`}, 0))',
    replace: 'select hashtextextended(${`engine migrations ${schema}`}, 0)',
    caughtBy: inLoop('starts on postgres'),
  },
  {
    name: 'an edited migration is taken for the same',
    file: 'packages/core/src/database/history.ts',
    find: `if (known.id !== row.id || checksumOf(known) !== row.checksum) {`,
    replace: `if (known.id !== row.id) {`,
    caughtBy: { file: 'test/damaged.test.ts', test: 'a Postgres database with an edited migration' },
  },
  {
    name: 'events are read in the order of their numbers alone',
    file: 'packages/core/src/events/sql.ts',
    find: `    .where('seq', '<=', given.upTo)
`,
    replace: ``,
    caughtBy: inRaces('the order of events > lets nobody who listens from now on miss what is being committed'),
  },
  {
    name: 'a statement takes numbers of the log without a word',
    file: 'packages/core/src/tasks/claim-text.ts',
    find: '(select ${announceWriting(db)} as announced offset 0)',
    replace: '(select null as announced offset 0)',
    caughtBy: { file: 'test/events-batched.test.ts', test: 'tasks.checkout is not read past while it is under way' },
  },
  {
    name: 'events can be changed',
    file: 'packages/core/src/database/migrations/0001-walking-skeleton.ts',
    find: `before update on events begin select raise(abort, 'events are append-only'); end`,
    replace: `before update on events begin select 1; end`,
    caughtBy: onSqlite('an event is never changed or deleted, not even by hand'),
  },
  {
    name: 'an SQLite that corrupts files is used',
    file: 'packages/storage-sqlite/src/open.ts',
    find: `if (!isOlder(version, leastSqlite)) return`,
    replace: `if (version !== '') return`,
    caughtBy: opened('an SQLite in which two writers corrupt a file'),
    isQuick: true,
  },
  {
    name: 'the driver of SQLite is loaded by a Node on which it crashes',
    file: 'packages/storage-sqlite/src/open.ts',
    find: `  refuseOldNode(process.versions.node)
`,
    replace: ``,
    caughtBy: opened('a Node on which the driver crashes is refused'),
  },
  {
    name: 'a thread of SQLite does not wait for the disk',
    file: 'packages/storage-sqlite/src/open.ts',
    find: `fileMustExist: true, timeout: waitMs })
  configure(connection)`,
    replace: `fileMustExist: true, timeout: waitMs })`,
    caughtBy: opened('every connection waits for the disk'),
  },
  {
    name: 'who listens again does not look what was said meanwhile',
    file: 'packages/storage-postgres/src/hints.ts',
    find: `      listening.hear('')
`,
    replace: ``,
    caughtBy: { file: 'test/postgres-hints.test.ts', test: 'listens again when its connection was ended' },
  },
]
