import { z } from 'zod'

import { changedMeanwhile } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { workerMachine } from './machine.ts'
import { requireWorker } from './queries.ts'
import { Worker, WorkerDescription } from './schema.ts'
import { ago, forgetWorkers, insertWorker, moveWorker, noteBeat } from './sql.ts'
import { toWorker, type WorkerTable } from './table.ts'

/** How long a worker that is gone stays in the list, milliseconds. */
const keptMs = 24 * 3_600_000

/** Workers are of the installation: the log of no company is theirs, and none of them is archived. */
const ofInstallation = {
  unaudited: 'a worker is of no company, in whose log it would stand; its row says who changed it',
  whenArchived: 'a worker is of no company',
  locks: 'rows',
} as const
const internal = { scope: 'engine:internal', company: 'installation' } as const
const managed = { scope: 'workers:manage', company: 'installation' } as const

export const register = command({
  title: 'Enter a process that executes runs',
  input: WorkerDescription,
  output: z.object({}),
  access: internal,
  ...ofInstallation,
  async handle(context, { workerId, engineVersion, adapters, ...described }) {
    await forgetWorkers(context.tx, ago(context.now, keptMs))
    await insertWorker(context.tx, {
      ...described,
      id: workerId,
      engine_version: engineVersion,
      adapters: JSON.stringify(adapters),
      changed_by: 'worker',
      changed_at: context.now,
      started_at: context.now,
    })
    return {}
  },
})

export const beat = command({
  title: 'Say that a worker lives, and hear what it is to be',
  input: z.strictObject({ workerId: Id }),
  output: z.object({ status: z.enum(['active', 'draining', 'stopped', 'unknown']) }),
  access: internal,
  ...ofInstallation,
  async handle(context, { workerId }) {
    const status = await noteBeat(context.tx, { id: workerId, now: context.now })
    return { status: status ?? ('unknown' as const) }
  },
})

export const leave = command({
  title: 'Say that a worker has stopped',
  input: z.strictObject({ workerId: Id }),
  output: z.object({}),
  access: internal,
  ...ofInstallation,
  async handle(context, { workerId }) {
    const changes = { status: 'stopped', changed_by: 'worker', changed_at: context.now } as const
    await moveWorker(context.tx, { id: workerId, from: [...workerMachine.sources('leave', 'stopped')], changes })
    return {}
  },
})

export const drain = command({
  title: 'Let a worker take no new runs',
  description: 'What it executes goes on to its end. The worker hears of it with its next sign of life, within seconds.',
  input: z.strictObject({ workerId: Id }),
  output: Worker,
  access: managed,
  http: ['POST', '/workers/:workerId/drain'],
  ...ofInstallation,
  handle: (context, { workerId }) => change(context, workerId, { to: 'draining', verb: 'drain' }),
})

export const resume = command({
  title: 'Let a draining worker take new runs again',
  input: z.strictObject({ workerId: Id }),
  output: Worker,
  access: managed,
  http: ['POST', '/workers/:workerId/resume'],
  ...ofInstallation,
  handle: (context, { workerId }) => change(context, workerId, { to: 'active', verb: 'resume' }),
})

async function change(
  context: CommandContext,
  workerId: string,
  move: { to: WorkerTable['status']; verb: 'drain' | 'resume' },
): Promise<Worker> {
  const { tx, now, settings, actor } = context
  const worker = await requireWorker({ db: tx, now, settings }, workerId)
  assertTransition(workerMachine, worker.status, move)
  const changes = { status: move.to, changed_by: actor.id, changed_at: now }
  if (!(await moveWorker(tx, { id: workerId, from: [worker.status], changes }))) throw changedMeanwhile('worker', workerId)
  return toWorker({ ...worker, ...changes })
}
