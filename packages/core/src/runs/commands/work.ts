import { z } from 'zod'

import { endProbe } from '../../breakers/change.ts'
import { command } from '../../kernel/command.ts'
import { EngineError, kernelErrors } from '../../kernel/errors.ts'
import { Id, IsoTime } from '../../kernel/schema.ts'
import { isoTime } from '../../ports/clock.ts'
import { requireRun } from '../end.ts'
import { renewLease } from '../lease.ts'
import { reportBatch } from '../report-batch.ts'
import { Report, Run } from '../schema.ts'
import { toRun } from '../table.ts'
import { leaveSession } from '../session.ts'
import { settleRun } from '../settle.ts'

const access = { scope: 'runs:work', company: 'run' } as const

export const heartbeat = command({
  title: 'Renew the lease of a run',
  input: z.strictObject({
    runId: Id,
    providerWorks: z
      .boolean()
      .optional()
      .describe('True from a run that its provider lets work: what waits for that provider waits no longer (docs/failures.md).'),
  }),
  output: z.object({ leaseExpiresAt: IsoTime }),
  access,
  http: ['POST', '/runs/:runId/heartbeat'],
  mcp: { idempotent: true, additive: true },
  unaudited: 'a renewal changes nothing that anybody decides by; there are many a minute',
  locks: 'rows',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    if (input.providerWorks) await endProbe(context, run, 'works')
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
  input: Report,
  output: Run,
  access,
  http: ['POST', '/runs/:runId/report'],
  whenArchived: 'what still runs there has to end',
  locks: 'rows',
  batch: reportBatch,
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    const ended = await settleRun(context, run, input)
    await leaveSession(context, ended, input)
    return toRun(ended)
  },
})
