import { inLoop, inRaces, onPostgres, onSqlite, type Mutant } from '../mutant.ts'

const lease = 'packages/core/src/runs/lease.ts'
const inThread = (storage: string) => ({
  file: 'test/lease-renewals.test.ts',
  test: `a thread renews no lease by another fence than its own, and knows it for lost, ${storage}`,
})
const heartbeat = 'packages/core/src/loops/heartbeat.ts'

/** Who owns a task, and for how long. */
export const ownership: readonly Mutant[] = [
  {
    name: 'a write of a run does not compare the fence',
    file: lease,
    find: `    .set({ fence: given.fence })
    .where('run_id', '=', given.runId)
    .where('fence', '=', given.fence)`,
    replace: `    .set({ fence: given.fence })
    .where('run_id', '=', given.runId)`,
    caughtBy: onSqlite('a run that lost its task is refused by its fence alone'),
    isQuick: true,
  },
  {
    name: 'a write of a run does not look for its lease',
    file: 'packages/core/src/kernel/execute.ts',
    find: `if (call.actor.kind === 'run' && !(await holdLease(tx, call.actor)))`,
    replace: `if (call.actor.kind === 'run' && call.actor.fence === -2)`,
    caughtBy: inLoop('zombies on sqlite'),
  },
  {
    name: 'a checkout does not raise the fence',
    file: 'packages/core/src/tasks/checkout.ts',
    find: `fence: e('fence', '+', 1)`,
    replace: `fence: e('fence', '+', 0)`,
    caughtBy: onSqlite('the fence grows by one with each checkout'),
    isQuick: true,
  },
  {
    name: 'a checkout among many does not raise the fence',
    file: 'packages/core/src/tasks/claim-text.ts',
    find: `set status = 'in_progress', fence = t.fence + 1,`,
    replace: `set status = 'in_progress', fence = t.fence,`,
    caughtBy: onPostgres('a checkout gives the task to exactly one of many callers'),
  },
  {
    name: 'a sweep does not look whether the lease ran out',
    file: lease,
    find: `    .where('run_id', '=', given.runId)
    .where('expires_at', '<', present(family, given.now))
    .forNoKeyUpdate(),`,
    replace: `    .where('run_id', '=', given.runId)
    .forNoKeyUpdate(),`,
    caughtBy: onSqlite('a lease that ran out counts again when its run renews it before the sweep'),
  },
  {
    name: 'a sweep does not lock the lease that it judges',
    file: lease,
    find: `    .where('expires_at', '<', present(family, given.now))
    .forNoKeyUpdate(),`,
    replace: `    .where('expires_at', '<', present(family, given.now)),`,
    caughtBy: inRaces('a worker > sweeps no lease that is being renewed'),
  },
  {
    name: 'leases on Postgres go by the wall clock of each process',
    file: 'packages/core/src/database/open.ts',
    find: `return family === 'postgres' ? sql<string>\`clock_timestamp()\``,
    replace: `return family !== 'postgres' ? sql<string>\`clock_timestamp()\``,
    caughtBy: inLoop('clocks on postgres'),
  },
  {
    name: 'a worker measures its lease by the wall clock',
    file: heartbeat,
    find: `clock.monotonicMs()`,
    replace: `clock.now()`,
    caughtBy: onSqlite('a task is executed from its assignment to its end'),
  },
  {
    name: 'a worker whose renewals fail lets its adapter go on',
    file: heartbeat,
    find: `if (remaining() <= 0) return run.abort('lease_not_renewed')`,
    replace: `if (remaining() <= 0) return`,
    caughtBy: inRaces('a worker > tells its adapter to stop at four fifths of the lease when each renewal fails'),
  },
  {
    name: 'a lost run is tried again without end',
    file: 'packages/core/src/runs/settlement.ts',
    find: `export function settleLost(facts: SettlementFacts): Omit<Settlement, 'runStatus'> {
  if (facts.attempt < facts.maxAttempts) {`,
    replace: `export function settleLost(facts: SettlementFacts): Omit<Settlement, 'runStatus'> {
  if (facts.attempt > 0) {`,
    caughtBy: { file: 'packages/core/src/runs/settlement.test.ts', test: 'a lost run > blocks its task when the attempts are used up' },
    isQuick: true,
  },
  {
    name: 'a run that is handed back burns an attempt',
    file: 'packages/core/src/runs/commands/claim.ts',
    find: `reason: 'retry', attempt: run.attempt, retryOf: run.id`,
    replace: `reason: 'retry', attempt: run.attempt + 1, retryOf: run.id`,
    caughtBy: { file: 'test/kill.test.ts', test: 'hands its run back without burning an attempt' },
  },
  {
    name: 'a worker that is asked to stop keeps its runs',
    file: 'packages/core/src/loops/conclude-run.ts',
    find: `return report(host, actor, { name: 'runs.handBack', input: { reason, ...rest } })`,
    replace: `return`,
    caughtBy: { file: 'test/kill.test.ts', test: 'hands its run back without burning an attempt' },
  },
  {
    name: 'the database lets a task have two leases',
    file: 'packages/core/src/database/migrations/0001-walking-skeleton.ts',
    find: `constraint leases_one_owner unique (company_id, task_id)`,
    replace: `constraint leases_one_owner unique (company_id, task_id, run_id)`,
    caughtBy: { file: 'test/database-rules.test.ts', test: 'on sqlite > refuses a second owner of a task' },
  },
  {
    name: 'a thread renews the lease of a run whatever its fence',
    file: 'packages/core/src/runs/renewal.ts',
    find: `where (run_id, fence) in \${pairs} returning`,
    replace: `where run_id in (select json_extract(value, '$.run_id') from json_each(\${named})) returning`,
    caughtBy: inThread('on sqlite'),
  },
  {
    name: 'a thread takes the next lease of a run for the one before',
    file: 'packages/core/src/loops/lease-name.ts',
    find: 'return `${runId} ${fence}`',
    replace: 'return `${runId} ${0 * fence}`',
    caughtBy: inThread('on postgres'),
  },
  {
    name: 'a node tells what a run consumed after somebody else has it',
    file: 'packages/core/src/nodes/commands.ts',
    find: ` || run.fence !== input.fence) return false`,
    replace: `) return false`,
    caughtBy: { file: 'test/nodes.test.ts', test: 'on sqlite > tell what a run consumed by the fence that it had with them' },
  },
]
