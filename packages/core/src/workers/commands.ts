import { z } from 'zod'

import { changedMeanwhile } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { workerMachine } from './machine.ts'
import { keptMs, ofInstallation } from './installation.ts'
import { requireWorker } from './queries.ts'
import { Worker, WorkerDescription } from './schema.ts'
import { ago, forgetWorkers, insertWorker, moveWorker, noteBeat } from './sql.ts'
import { toWorker, type WorkerTable } from './table.ts'

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
      node_key_id: null,
      token_hash: null,
      token_expires_at: null,
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

export const revoke = command({
  title: 'Let a node go for good',
  description:
    'What it came with opens nothing any more, nor do the credentials of its runs, which are taken back when their leases run out. With its key it could register again: revoke that too, where it should not.',
  input: z.strictObject({ workerId: Id }),
  output: Worker,
  access: managed,
  http: ['POST', '/workers/:workerId/revoke'],
  ...ofInstallation,
  async handle(context, { workerId }) {
    const worker = await requireWorker({ db: context.tx, now: context.now, settings: context.settings }, workerId)
    if (worker.node_key_id === null)
      throw ruleViolated(`${worker.name} has the database itself, so nothing could be taken from it here. End its process.`, { workerId })
    return change(context, workerId, { to: 'stopped', verb: 'revoke' })
  },
})

async function change(
  context: CommandContext,
  workerId: string,
  move: { to: WorkerTable['status']; verb: 'drain' | 'resume' | 'revoke' },
): Promise<Worker> {
  const { tx, now, settings, actor } = context
  const worker = await requireWorker({ db: tx, now, settings }, workerId)
  assertTransition(workerMachine, worker.status, move)
  const changes = { status: move.to, changed_by: actor.id, changed_at: now }
  if (!(await moveWorker(tx, { id: workerId, from: [worker.status], changes }))) throw changedMeanwhile('worker', workerId)
  return toWorker({ ...worker, ...changes })
}
