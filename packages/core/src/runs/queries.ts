import { z } from 'zod'

import { readHeld } from '../budgets/run-holds.ts'
import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id, wholeNumber } from '../kernel/schema.ts'
import { TaskFilter } from '../tasks/schema.ts'
import { filteredTaskId } from '../tasks/sql.ts'
import { nextCallback as nextCallbackOf } from './callbacks.ts'
import { readLog } from './log.ts'
import { runMachine } from './machine.ts'
import { readNext, readNexts } from './read-next.ts'
import { LogChunk, RunShown, RunStatus, RunWithNext } from './schema.ts'
import { toRun } from './table.ts'
import { findRun } from './sql.ts'

export const get = query({
  title: 'Show a run',
  input: z.strictObject({ runId: Id }),
  output: RunShown,
  access: { scope: 'runs:read', company: 'run' },
  http: ['GET', '/runs/:runId'],
  async handle(context, input) {
    const run = await findRun(context.db, input.runId)
    if (!run) throw notFound('run', input.runId)
    const [next, held] = await Promise.all([readNext(context.db, run, context), readHeld(context.db, toRun(run))])
    return { ...toRun(run), next, held }
  },
})

export const list = query({
  title: 'List runs, oldest first',
  input: z.strictObject({
    companyId: Id,
    status: RunStatus.optional(),
    taskId: TaskFilter.optional(),
    agentId: Id.optional(),
    ...pageInput,
  }),
  output: pageOf(RunWithNext),
  access: { scope: 'runs:read', company: 'company' },
  http: ['GET', '/companies/:companyId/runs'],
  async handle(context, input) {
    let rows = context.db.selectFrom('runs').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    const taskId = await filteredTaskId(context.db, context.companyId, input.taskId)
    if (taskId) rows = rows.where('task_id', '=', taskId)
    if (input.agentId) rows = rows.where('agent_id', '=', input.agentId)
    const page = await pageById(rows, input, { item: (row) => row })
    const nexts = await readNexts(context.db, page.items, context)
    return { ...page, items: page.items.map((row) => ({ ...toRun(row), next: nexts.get(row.id) ?? null })) }
  },
})

export const log = query({
  title: "Read a run's log",
  input: z.strictObject({
    runId: Id,
    after: wholeNumber(0).prefault(0).describe('The last sequence that you have.'),
    limit: pageInput.limit,
  }),
  output: z.object({
    items: z.array(LogChunk),
    isComplete: z.boolean().describe('The run is over, and nothing comes after these.'),
  }),
  access: { scope: 'runs:read', company: 'run' },
  http: ['GET', '/runs/:runId/log'],
  async handle({ db, companyId }, { runId, ...page }) {
    // Looked at first: what a run says, it says before it ends.
    const run = await findRun(db, runId)
    if (!run) throw notFound('run', runId)
    const items = await readLog(db, { companyId, runId }, page)
    return { items, isComplete: runMachine.isFinal(run.status) && items.length < page.limit }
  },
})

export const nextCallback = query({
  title: 'Read what the agent of a run has called back',
  description:
    'The first call after those that you have, for whoever executes the run without the database; null when there is none yet. Calls are taken at `runs.receiveCallback`, without the secrets of the run.',
  input: z.strictObject({ runId: Id, after: wholeNumber(0).prefault(0).describe('The last sequence that you have.') }),
  output: z.object({ callback: z.object({ sequence: z.number().int(), body: z.string() }).nullable() }),
  access: { scope: 'runs:work', company: 'run' },
  http: ['GET', '/runs/:runId/callbacks/next'],
  mcp: { leftOut: 'it is for machines that execute runs' },
  async handle({ db, companyId }, { runId, after }) {
    return { callback: await nextCallbackOf(db, { companyId, runId, after }) }
  },
})
