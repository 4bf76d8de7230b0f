import { createOneStatementTwin } from '../baseline/checkout-postgres.ts'
import { createCheckoutTwin } from '../baseline/checkout.ts'
import { createPgEndTwin, createSqliteEndTwin } from '../baseline/end.ts'
import { callersVariant, prepared } from './callers.ts'
import type { Consuming } from './consumer.ts'
import { openClient, readEpoch } from './pg.ts'
import { openRaw } from './sqlite.ts'
import type { Workforce } from './workforce.ts'

const name = 'the same rows by hand'

export interface HandWork {
  readonly variant: Consuming
  close(): unknown
}

interface PgOptions {
  readonly url: string
  readonly callers: number
  readonly connections: number
  readonly serverCpuUs: () => number | null
}

/** The rows of tasks that are taken and done, by two statements each. It is told which tasks there are. A connection takes one statement at a time, so there are no more callers. */
export async function handWorkOnPostgres(workforce: Workforce, { url, callers, connections, serverCpuUs }: PgOptions): Promise<HandWork> {
  const clients = await Promise.all(Array.from({ length: Math.min(callers, connections) }, () => openClient(url)))
  const epoch = await readEpoch(prepared(clients, 0))
  const [taken, done] = [createOneStatementTwin(epoch), createPgEndTwin(epoch)]
  const waiting: string[] = []
  const tally = { added: 0, done: 0 }
  const variant = callersVariant({
    name,
    callers: clients.length,
    serverCpuUs,
    async call(_, caller) {
      const claim = nextOf(workforce, { waiting, caller })
      const client = prepared(clients, caller)
      const { runId } = await taken.checkout(client, claim)
      await done.end(client, { ...claim, runId })
      tally.done += 1
    },
  })
  const close = () => Promise.all(clients.map((client) => client.end()))
  return { variant: { ...variant, tally, prepare: (operations) => addTo(workforce, { waiting, tally, operations }) }, close }
}

/** The same on SQLite: as many as there are callers are taken by one commit, and done by the next. */
export function handWorkOnSqlite(workforce: Workforce, { path, callers }: { path: string; callers: number }): HandWork {
  const database = openRaw(path)
  const [taken, done] = [createCheckoutTwin(database), createSqliteEndTwin(database)]
  const waiting: string[] = []
  const tally = { added: 0, done: 0 }

  function transact<Item>(items: readonly Item[], work: (item: Item) => void): void {
    taken.begin()
    for (const item of items) {
      if (items.length === 1) work(item)
      else taken.inSavepoint(() => work(item))
    }
    taken.commit()
  }

  function runGroup(size: number): void {
    const claims = Array.from({ length: size }, (_, caller) => nextOf(workforce, { waiting, caller }))
    const endings: Parameters<typeof done.end>[0][] = []
    transact(claims, (claim) => endings.push({ ...claim, runId: taken.checkout(claim).runId }))
    transact(endings, (ending) => done.end(ending))
    tally.done += size
  }

  const variant: Consuming = {
    name,
    tally,
    prepare: (operations) => addTo(workforce, { waiting, tally, operations }),
    async run(operations) {
      for (let left = operations; left > 0; left -= callers) runGroup(Math.min(callers, left))
    },
  }
  return { variant, close: () => database.close() }
}

interface Queue {
  readonly waiting: string[]
  readonly caller: number
}

function nextOf({ companyId, agentIds }: Workforce, { waiting, caller }: Queue) {
  const taskId = waiting.pop()
  if (taskId === undefined) throw new Error('there is no task left')
  return { companyId, taskId, agentId: prepared(agentIds, caller) }
}

interface Addition {
  readonly waiting: string[]
  readonly tally: { added: number }
  readonly operations: number
}

async function addTo(workforce: Workforce, { waiting, tally, operations }: Addition): Promise<void> {
  const { target } = workforce
  await workforce.addTasks(operations)
  tally.added += operations
  const rows = await target.read(`select id from ${target.table('tasks')} where status = 'todo' order by id desc`)
  waiting.splice(0, waiting.length, ...rows.map(({ id }) => String(id)))
}
