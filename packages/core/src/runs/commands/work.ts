import { z } from 'zod'

import type { Transaction } from 'kysely'

import type { Database } from '../../database/tables.ts'
import { first, statement } from '../../database/statement.ts'
import { command } from '../../kernel/command.ts'
import { EngineError, kernelErrors } from '../../kernel/errors.ts'
import { Id, IsoTime } from '../../kernel/schema.ts'
import { isoTime } from '../../ports/clock.ts'
import { RunOutcome } from '../../ports/run-contract.ts'
import { requireRun } from '../end.ts'
import { renewLease } from '../lease.ts'
import { Run, Session, Usage } from '../schema.ts'
import { toRun } from '../table.ts'
import { leaveSession } from '../session.ts'
import { settleRun } from '../settle.ts'

const access = { scope: 'runs:work', company: 'run' } as const

export const heartbeat = command({
  title: 'Renew the lease of a run',
  input: z.strictObject({ runId: Id }),
  output: z.object({ leaseExpiresAt: IsoTime }),
  access,
  http: ['POST', '/runs/:runId/heartbeat'],
  unaudited: 'a renewal changes nothing that anybody decides by; there are many a minute',
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    const expiresAt = isoTime(context.clock.now() + context.settings.leaseMs)
    const { leaseMs } = context.settings
    const leaseExpiresAt = await renewLease(context.tx, { runId: run.id, fence: run.fence ?? -1, leaseMs, expiresAt })
    if (leaseExpiresAt === null)
      throw new EngineError(kernelErrors.lease_lost, `The run ${run.id} is ${run.status} and holds no lease.`, {
        details: { runId: run.id },
      })
    return { leaseExpiresAt }
  },
})

export const report = command({
  title: 'End a run with its outcome',
  description: 'What follows for the task, for retries and for the agent is decided by the outcome, in the same transaction.',
  input: z.strictObject({ runId: Id, outcome: RunOutcome, usage: Usage.optional(), session: Session.optional() }),
  output: Run,
  access,
  http: ['POST', '/runs/:runId/report'],
  whenArchived: 'what still runs there has to end',
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    const ended = await settleRun(context, run, input)
    await leaveSession(context, ended, input)
    return toRun(ended)
  },
})

const LogEntry = z.strictObject({ stream: z.enum(['stdout', 'stderr', 'system']), text: z.string().min(1).max(1_000_000) })

export const appendLog = command({
  title: "Append to a run's log",
  input: z.strictObject({ runId: Id, entries: z.array(LogEntry).min(1).max(100) }),
  output: z.object({ sequence: z.number().int(), isFull: z.boolean() }),
  access,
  http: ['POST', '/runs/:runId/log'],
  unaudited: 'a log is kept beside the business, in its own sequence',
  locks: 'rows',
  async handle(context, input) {
    const last = first(await lastLogRow(context.tx, { companyId: context.companyId, runId: input.runId }))
    let sequence = last?.sequence ?? 0
    let total = last?.total_bytes ?? 0
    for (const entry of input.entries) {
      if (total >= context.settings.runLogBytes) break
      const room = context.settings.runLogBytes - total
      const kept =
        Buffer.byteLength(entry.text) <= room ? entry : { stream: 'system' as const, text: 'The log is full; what follows is not kept.' }
      total += kept === entry ? Buffer.byteLength(entry.text) : room
      sequence += 1
      await insertLogRow(context.tx, {
        ...kept,
        company_id: context.companyId,
        run_id: input.runId,
        sequence,
        total_bytes: total,
        at: context.now,
      })
    }
    return { sequence, isFull: total >= context.settings.runLogBytes }
  },
})

const lastLogRow = statement((db, given: { companyId: string; runId: string }) =>
  db
    .selectFrom('run_log')
    .select(['sequence', 'total_bytes'])
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .orderBy('sequence', 'desc')
    .limit(1),
)

async function insertLogRow(tx: Transaction<Database>, row: Database['run_log']): Promise<void> {
  await tx.insertInto('run_log').values(row).execute()
}
