import type { Engine, EventHandler, EventType } from '@engine/core'

import type { Screen } from './screen.ts'

/** Where to print, and where the server that people can use answers. */
export interface Place {
  readonly screen: Screen
  readonly url: string
}

interface Known {
  readonly identifier: string
  readonly title: string
}

/** Tells the terminal what happens, as it happens. */
export async function showWork(engine: Engine, place: Place): Promise<void> {
  const tasks = new Map<string, Known>()
  const agents = new Map<string, string>()
  const bars = new Map<string, string>()
  const printed = new Map<string, number>()

  const task = async (taskId: string): Promise<Known> => {
    const known = tasks.get(taskId) ?? (await engine.tasks.get({ taskId }))
    tasks.set(taskId, known)
    return known
  }
  const agent = async (agentId: string): Promise<string> => {
    const known = agents.get(agentId) ?? (await engine.agents.get({ agentId })).name
    agents.set(agentId, known)
    return known
  }
  const line = (identifier: string, text: string) => place.screen.print(`  ${identifier.padEnd(8)} ${text}`)

  listen(engine, 'task.created', async (event) => line(event.data.identifier, `created: ${event.data.title}`))
  listen(engine, 'task.assigned', async (event) => {
    const { identifier } = await task(event.entity.id)
    line(identifier, event.data.agentId ? `goes to ${await agent(event.data.agentId)}: ${event.data.reason}` : 'is unassigned')
  })
  listen(engine, 'task.routing_failed', async (event) =>
    line((await task(event.entity.id)).identifier, `is assigned to nobody: ${event.data.reason}`),
  )
  listen(engine, 'run.started', async (event) =>
    line((await task(event.data.taskId)).identifier, `${await agent(event.data.agentId)} started, attempt ${event.data.attempt}`),
  )
  listen(engine, 'task.progress_updated', async (event) => {
    const { percent, message } = event.data
    const { identifier } = await task(event.entity.id)
    bars.set(identifier, `${identifier} ${bar(percent)} ${String(percent).padStart(3)} % ${message ?? ''}`)
    place.screen.status([...bars.values()].join('   '))
    const step = Math.floor(percent / 25)
    if (place.screen.isInteractive || step <= (printed.get(identifier) ?? 0)) return
    printed.set(identifier, step)
    line(identifier, `${percent} % ${message ?? ''}`)
  })
  listen(engine, 'task.status_changed', async (event) => {
    if (event.data.to === 'in_progress') return
    const { identifier } = await task(event.entity.id)
    bars.delete(identifier)
    place.screen.status([...bars.values()].join('   '))
    line(identifier, `is ${event.data.to.replace('_', ' ')}${event.data.reason ? `: ${event.data.reason}` : ''}`)
  })
  listen(engine, 'run.failed', async (event) =>
    line((await task(event.data.taskId)).identifier, `failed (${event.data.class}): ${event.data.message}`),
  )
  listen(engine, 'run.lost', async (event) => line((await task(event.data.taskId)).identifier, 'its worker fell silent; the run is lost'))
  listen(engine, 'deliverable.submitted', async (event) => announceReview(place, { ...event.data, id: event.entity.id }))
}

/** Listens, and shows events of one type in the order in which they came. */
function listen<Type extends EventType>(engine: Engine, type: Type, handler: EventHandler<Type>): void {
  let before = Promise.resolve()
  engine.on(type, (event) => (before = before.then(() => handler(event))))
}

function bar(percent: number): string {
  const width = 12
  const full = Math.round((percent / 100) * width)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`
}

/** Says what waits for a person, and the one line that decides it. */
export function announceReview({ screen, url }: Place, deliverable: { id: string; title: string; number: number }): void {
  const address = `${url}/api/deliverables/${deliverable.id}`
  screen.print(`
A deliverable waits for your review: "${deliverable.title}", version ${deliverable.number}
  on the page    ${url}/
  read it        curl -s ${address}
  approve it     curl -s -X POST ${address}/review -H 'content-type: application/json' -d '{"decision":"approved"}'
`)
}
