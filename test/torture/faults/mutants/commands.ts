import { inLoop, inRaces, onPostgres, onSqlite, type Mutant } from '../mutant.ts'

const unit = 'packages/core/src/kernel/unit.ts'
const execute = 'packages/core/src/kernel/execute.ts'
const transaction = 'packages/core/src/kernel/transaction.ts'
const idempotency = 'packages/core/src/kernel/idempotency.ts'

/** The one transaction of a command, and what belongs into it. */
export const commands: readonly Mutant[] = [
  {
    name: 'events are written outside the transaction of their change',
    file: unit,
    find: `await recordEvents(tx, {`,
    replace: `await recordEvents(host.db as never, {`,
    caughtBy: {
      file: 'test/torture-crashes.test.ts',
      test: 'a process that dies in a call, on postgres > leaves nothing half done at tasks.update.recorded',
    },
  },
  {
    name: 'a change may go without an event',
    file: unit,
    find: `await recordEvents(tx, { events: recorded,`,
    replace: `await recordEvents(tx, { events: recorded.slice(1),`,
    caughtBy: onSqlite('an event says who did what to which version'),
  },
  {
    name: 'an archived company is written in',
    file: 'packages/core/src/events/sql.ts',
    find: `return goesOn ? '' : 'archived'`,
    replace: `return goesOn ? '' : ''`,
    caughtBy: { file: 'test/archived.test.ts', test: 'is refused in an archived company, save those that say why not' },
  },
  {
    name: 'a revoked key still opens',
    file: 'packages/core/src/keys/authenticate.ts',
    find: `return holder.revoked_at === null &&`,
    replace: `return`,
    caughtBy: { file: 'test/keys.test.ts', test: 'are refused at once when they are revoked' },
  },
  {
    name: 'an idempotency key is ignored',
    file: execute,
    find: `if (key === undefined) return null`,
    replace: `if (key !== null) return null`,
    caughtBy: onSqlite('the same key with the same request has one effect and one answer'),
    isQuick: true,
  },
  {
    name: 'the answer of a key is not kept with its effect',
    file: execute,
    find: `if (keyed) await remember(tx, keyed, output)`,
    replace: `if (keyed) void remember`,
    caughtBy: onSqlite('the same key with the same request has one effect and one answer'),
  },
  {
    name: 'a key is taken over from who has it',
    file: idempotency,
    find: `.where('idempotency_records.created_at', '<=', given.since),`,
    replace: `.where('idempotency_records.created_at', '>=', given.since),`,
    caughtBy: inLoop('idempotency on postgres'),
  },
  {
    name: 'a key answers for other input too',
    file: idempotency,
    find: `if (record.input_hash !== request.inputHash) {`,
    replace: `if (record.input_hash === '') {`,
    caughtBy: onSqlite('the same key with another request is refused'),
  },
  {
    name: 'a call reaches into another company',
    file: 'packages/core/src/kernel/authorize.ts',
    find: `if (actor.companyId !== request.companyId) return 'missing'`,
    replace: ``,
    caughtBy: onSqlite("another company's things are as absent as things that do not exist"),
  },
  {
    name: 'a list shows the tasks of every company',
    file: 'packages/core/src/tasks/list.ts',
    find: `    .where('tasks.company_id', '=', given.companyId)
    .where('tasks.deleted_at'`,
    replace: `    .where('tasks.deleted_at'`,
    caughtBy: { file: 'test/http-isolation.test.ts', test: 'are in no list: of companies, tasks, agents, runs, deliverables, events' },
  },
  {
    name: 'a key of one company answers in another',
    file: idempotency,
    find: 'scope: `${request.companyId} ${callOf(command, actor)}`',
    replace: 'scope: callOf(command, actor)',
    caughtBy: onSqlite('a key belongs to one actor, one command and one company'),
  },
  {
    name: 'a company is not locked',
    file: transaction,
    find: `if (isShared) await lockCompany(tx, { ...unit, opens: !isTransaction(db) })`,
    replace: `if (isShared) void lockCompany`,
    caughtBy: inRaces('commands at the same moment > let an agent submit only what is still its own'),
  },
  {
    name: 'a company is locked for the session',
    file: transaction,
    find: 'sql`select pg_advisory_xact_lock(${key})`',
    replace: 'sql`select pg_advisory_lock(${key})`',
    caughtBy: onPostgres('wake a task once when its last blockers end in both at the same moment'),
  },
  {
    name: 'a transaction of unknown outcome is run again',
    file: transaction,
    find: `return code === uniqueViolation ? 2 : 1`,
    replace: `return code === uniqueViolation || code === '08007' ? 2 : 1`,
    caughtBy: inRaces('at its commit leaves nothing open on the pool'),
  },
  {
    name: 'tasks are not counted',
    file: 'packages/core/src/companies/counters.ts',
    find: `if (changes) await addTaskCounts(`,
    replace: `if (changes?.done) await addTaskCounts(`,
    caughtBy: onSqlite('tasks by status and live runs are counted right'),
  },
  {
    name: 'live runs are not counted',
    file: unit,
    find: `await countLiveRuns(tx, {`,
    replace: `if (change < 0) await countLiveRuns(tx, {`,
    caughtBy: onSqlite('an agent gets as many tasks at once as it can take'),
  },
  {
    name: 'passes of a loop overlap',
    file: 'packages/core/src/kernel/loop.ts',
    find: `const hasMore = await runPass()`,
    replace: `void runPass()
      const hasMore = false`,
    caughtBy: { file: 'packages/core/src/kernel/loop.test.ts', test: 'never overlaps its passes' },
    isQuick: true,
  },
  {
    name: 'what comes before the transaction of a keyed call is done again',
    file: execute,
    find: `  if (answered) return answered.output
`,
    replace: ``,
    caughtBy: { file: 'test/plugins-company.test.ts', test: 'does what comes before its transaction once for a key' },
  },
  {
    name: 'the answer about what is gone is for who left its company too',
    file: execute,
    find: `if (!maySee) throw error`,
    replace: `if (!known) throw error`,
    caughtBy: { file: 'test/http-idempotency.test.ts', test: 'answers again about what is gone' },
  },
  {
    name: 'a file is attached to a comment of another company',
    file: 'packages/core/src/attachments/commands.ts',
    find: `if (comment?.company_id !== companyId || comment.task_id !== input.taskId)`,
    replace: `if (!comment)`,
    caughtBy: { file: 'test/http-references.test.ts', test: 'finds nothing of another company, in any operation' },
  },
  {
    name: 'a route listens to an agent of another company',
    file: 'packages/core/src/routes/change.ts',
    find: `  if (agentId && agentId !== before.agentId) await requireAtWork(context, { field: 'conditions.agentId', agentId })
`,
    replace: ``,
    caughtBy: { file: 'test/http-references.test.ts', test: 'finds nothing of another company, in any operation' },
  },
]
