import { z } from 'zod'

import { familyOf } from '../database/open.ts'
import { pageById } from '../database/page.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Worker } from './schema.ts'
import { ago, findWorker, seenWorkers } from './sql.ts'
import { toWorker, type SeenWorker } from './table.ts'

/** A worker that was silent for so many signs of life is lost. */
const missedBeats = 3

const access = { scope: 'workers:read', company: 'installation' } as const

export const get = query({
  title: 'Show a worker',
  input: z.strictObject({ workerId: Id }),
  output: Worker,
  access,
  http: ['GET', '/workers/:workerId'],
  handle: async (context, { workerId }) => toWorker(await requireWorker(context, workerId)),
})

export const list = query({
  title: 'List the processes that execute runs, oldest first',
  description: 'Those that stopped or were lost are shown for a day.',
  input: z.strictObject(pageInput),
  output: pageOf(Worker),
  access,
  http: ['GET', '/workers'],
  async handle(context, input) {
    const rows = seenWorkers(context.db, silentSince(context), familyOf(context.db))
    return pageById(rows, input, { column: 'workers.id', item: toWorker })
  },
})

export type Asking = Pick<QueryContext, 'db' | 'now' | 'settings'>

export async function requireWorker(asking: Asking, id: string): Promise<SeenWorker> {
  const worker = await findWorker(asking.db, { id, silentSince: silentSince(asking) })
  if (!worker) throw notFound('worker', id)
  return worker
}

/** The adapters by which something is executed now: those of the workers that take runs. */
export async function adaptersOfWorkers(asking: Asking): Promise<ReadonlySet<string>> {
  const rows = await seenWorkers(asking.db, silentSince(asking), familyOf(asking.db)).where('workers.status', '=', 'active').execute()
  return new Set(rows.filter(({ is_silent: isSilent }) => !isSilent).flatMap(({ adapters }): string[] => JSON.parse(adapters)))
}

function silentSince({ now, settings }: Asking) {
  return ago(now, missedBeats * settings.workerBeatMs)
}
