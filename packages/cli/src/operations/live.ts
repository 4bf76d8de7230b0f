import type { Client } from '@engine/client'
import type { Task } from '@engine/core/contract'

import { connect, defaultCompany, type CallFlags } from './connect.ts'
import { paperOf, plain, tableOf } from './table.ts'
import { UsageError } from './value.ts'

const ended = new Set(['done', 'cancelled'])
const clear = '\u001b[H\u001b[2J'

/** The open tasks of a company and what becomes of them: a table that is drawn anew on a terminal, else one line a change. */
export async function watchTasksCommand(flags: CallFlags & { companyId?: string }): Promise<void> {
  const companyId = flags.companyId ?? defaultCompany()
  if (companyId === undefined) throw new UsageError('--company-id (or ENGINE_COMPANY_ID) must be given.')
  const client = await connect(flags)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  try {
    await watchTasks(client, { companyId, flags, signal: stop.signal })
  } finally {
    // What has failed leaves nothing open that the program would wait for.
    stop.abort()
  }
}

interface Watching {
  readonly companyId: string
  readonly flags: CallFlags
  readonly signal: AbortSignal
}

async function watchTasks(client: Client, { companyId, flags, signal }: Watching): Promise<void> {
  // First it listens, then the list, then what came since: nothing is missed between.
  const listening = Promise.withResolvers<void>()
  const onState = (state: 'open' | 'away') => {
    if (state === 'open') listening.resolve()
  }
  const events = client.events.stream({ companyId, after: 'latest' }, { signal, onState })[Symbol.asyncIterator]()
  const next = events.next()
  await Promise.race([listening.promise, next])
  const tasks = new Map<string, Task>()
  for await (const task of client.tasks.listAll({ companyId, limit: 100 })) if (!ended.has(task.status)) tasks.set(task.id, task)
  show([...tasks.values()], flags)
  for (let { done, value: event } = await next; done !== true; { done, value: event } = await events.next()) {
    if (event.entity.type !== 'task') continue
    const task = await taskOf(client, event.entity.id)
    if (task) tasks.set(task.id, task)
    else tasks.delete(event.entity.id)
    if (process.stdout.isTTY && flags.json !== true) show([...tasks.values()], flags)
    else if (flags.json === true) console.log(JSON.stringify({ event: event.type, at: event.at, task }))
    else if (task) console.log(plain(`${event.at}  ${event.type}  ${task.identifier}  ${task.status}  ${task.title}`))
  }
}

/** Null for one that is not there any more. */
async function taskOf(client: Client, taskId: string): Promise<Task | null> {
  try {
    return await client.tasks.get({ taskId })
  } catch (error) {
    if (Object(error).kind === 'missing') return null
    throw error
  }
}

function show(tasks: readonly Task[], { json }: CallFlags): void {
  if (json === true) {
    for (const task of tasks) console.log(JSON.stringify({ event: null, at: null, task }))
    return
  }
  const paper = paperOf(process.stdout)
  const rows = tasks.toSorted((left, right) => (left.updatedAt < right.updatedAt ? 1 : -1))
  const lines = tableOf(rows, paper)
  const room = paper.width === null ? lines.length : Math.max(2, process.stdout.rows - 1)
  console.log(`${paper.width === null ? '' : clear}${lines.slice(0, room).join('\n')}`)
}

export async function followLogCommand(runId: string, flags: CallFlags): Promise<void> {
  for await (const chunk of (await connect(flags)).runs.followLog({ runId })) {
    if (flags.json === true) console.log(JSON.stringify(chunk))
    else process.stdout.write(plain(chunk.text))
  }
}
