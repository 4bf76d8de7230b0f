import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'

import type { Engine, UserActor } from '@engine/core'
import { postgres } from '@engine/storage-postgres'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { newDatabase } from './support/storages.ts'

let world: World
let url: string

afterEach(async () => {
  await world.engine.stop()
})

async function open(): Promise<World> {
  url = await newDatabase()
  world = await createWorld({ storage: postgres(url), agentMode: 'manual' })
  return world
}

async function hire(name: string, maxConcurrentRuns = 50): Promise<string> {
  const given = {
    companyId: world.companyId,
    name,
    role: 'writer',
    adapterType: 'scripted',
    executionMode: 'manual',
    maxConcurrentRuns,
  } as const
  return (await world.engine.agents.create(given)).id
}

async function newTasks(count: number, more: object = {}): Promise<string[]> {
  const { engine, companyId } = world
  const tasks = await Promise.all(
    Array.from({ length: count }, (_, index) => engine.tasks.create({ companyId, title: `Task ${index}`, ...more })),
  )
  return tasks.map((task) => task.id)
}

/** Asks the database behind the engine's back. */
async function rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** Everything that a call wrote about a task, without what differs from call to call. */
async function written(taskId: string): Promise<unknown> {
  const strip = (row: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(row).filter(
        ([name, value]) => !/^(id|seq|xid|identifier|credential_hash|.*_at|.*_id|title|actor_id)$/.test(name) && !(value instanceof Date),
      ),
    )
  const data = `data - '{runId,agentId,taskId,identifier,title,workerId}'::text[]`
  const [task, run, lease, events] = await Promise.all([
    rows('select * from engine.tasks where id = $1', [taskId]),
    rows('select * from engine.runs where task_id = $1', [taskId]),
    rows('select * from engine.leases where task_id = $1', [taskId]),
    rows(
      `select type, actor_kind, entity_type, entity_version, request_id, epoch, ${data} as data from engine.events
        where entity_id = $1 or data ->> 'taskId' = $1::text order by seq`,
      [taskId],
    ),
  ])
  return { task: task.map(strip), run: run.map(strip), lease: lease.map(strip), events }
}

async function idsOf(engine: Engine, companyId: string): Promise<string[]> {
  const { items } = await engine.tasks.list({ companyId, limit: 100 })
  return items.map((task) => task.id)
}

describe('calls of one tick', () => {
  it('write the same rows and give the same answers as calls of their own', async () => {
    const { engine, companyId, agentId } = await open()
    // A key, or a status that is expected, takes a call out of the batch.
    const alone = await engine.tasks.create(
      { companyId, title: 'Alone', tags: ['a'], context: { deep: [1, { x: 'ü' }] } },
      { idempotencyKey: 'k' },
    )
    const together = await engine.tasks.create({ companyId, title: 'Together', tags: ['a'], context: { deep: [1, { x: 'ü' }] } })
    expect(Object.keys(together)).toEqual(Object.keys(alone))
    expect(together.context).toEqual(alone.context)
    expect(await written(together.id)).toEqual(await written(alone.id))
    const heldAlone = await engine.tasks.checkout({ taskId: alone.id, agentId, expectedStatuses: ['todo'] }, { requestId: 'r' })
    const heldTogether = await engine.tasks.checkout({ taskId: together.id, agentId }, { requestId: 'r' })
    expect(await written(together.id)).toEqual(await written(alone.id))
    const shape = (held: typeof heldAlone) =>
      JSON.stringify(held).replaceAll(/"[^"]*[\d-]{4,}[^"]*"|"ACM-\d"|"eng_run_[^"]*"|Alone|Together/g, '"…"')
    expect(shape(heldTogether)).toBe(shape(heldAlone))
    const actor = await engine.authenticate(heldTogether.credential ?? '')
    expect(actor).toMatchObject({ id: heldTogether.run.id, fence: 1 })
    expect((await engine.as(actor ?? { kind: 'user', id: 'x', roles: {} }).tasks.complete({ taskId: together.id })).status).toBe('done')
  })

  it('are told to listeners with the places that they have in the log', async () => {
    const { engine, companyId, agentId } = await open()
    const heard: { id: string; seq: number }[] = []
    for (const type of ['task.created', 'task.assigned', 'task.claimed', 'run.started'] as const) {
      engine.on(type, ({ id, seq }) => void heard.push({ id, seq }))
    }
    const tasks = await newTasks(5)
    await Promise.all(tasks.map((taskId) => engine.tasks.checkout({ taskId, agentId })))
    expect(heard).toHaveLength(20)
    const log = await engine.events.list({ companyId, limit: 100 })
    for (const { id, seq } of heard) expect(log.items.find((event) => event.id === id)?.seq).toBe(seq)
  })

  it('give each task to one of many callers, and each agent no more than it can take', async () => {
    const { engine } = await open()
    const agents = await Promise.all(Array.from({ length: 6 }, (_, index) => hire(`Agent ${index}`, 3)))
    const tasks = await newTasks(30)
    const calls = tasks.flatMap((taskId) => agents.map((agentId) => engine.tasks.checkout({ taskId, agentId })))
    const answers = await Promise.allSettled(calls)
    const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const codes = new Set(answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason.code)] : [])))
    expect([...codes].toSorted()).toEqual(['agent_unavailable', 'checkout_conflict'])
    expect(won).toHaveLength(18)
    expect(new Set(won.map((held) => held.task.id)).size).toBe(18)
    const counted = await rows<{ live_runs: string; leases: string }>(
      'select live_runs, (select count(*) from engine.leases l where l.agent_id = a.id) as leases from engine.agents a',
    )
    for (const { live_runs, leases } of counted) expect(live_runs).toBe(leases)
  })

  it('and other processes still make one owner, whatever locks and snapshots they met', async () => {
    const { engine, companyId } = await open()
    const other = await createWorldOn(url)
    const agents = await Promise.all(Array.from({ length: 4 }, (_, index) => hire(`Agent ${index}`)))
    const blockers = await newTasks(20)
    for (let round = 0; round < 4; round += 1) {
      const tasks = await newTasks(20)
      // Meanwhile a task gets a blocker, an agent is paused and resumed: what is claimed must fit what was true.
      const [paused = ''] = agents
      const disturb = tasks.slice(0, 10).map((taskId, index) => engine.tasks.update({ taskId, blockedBy: [blockers[index] ?? ''] }))
      const pausing = other.agents.pause({ agentId: paused }).then(() => other.agents.resume({ agentId: paused }))
      const calls = tasks.flatMap((taskId) =>
        agents.map((agentId, index) => (index % 2 ? engine : other).tasks.checkout({ taskId, agentId })),
      )
      const answers = await Promise.allSettled([...calls, ...disturb, pausing])
      const codes = new Set(answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason.code)] : [])))
      for (const code of codes) expect(['checkout_conflict', 'agent_unavailable', 'task_blocked', 'rule_violated']).toContain(code)
    }
    const wrong = await rows(`
      select t.identifier from engine.tasks t left join engine.leases l on l.task_id = t.id
      where (t.status = 'in_progress') <> (l.run_id is not null) or (l.fence is not null and l.fence <> t.fence)`)
    expect(wrong).toEqual([])
    const pausedRuns = await rows(
      `select 1 from engine.events e1 join engine.events e2 on e2.entity_id = e1.entity_id and e2.type = 'task.claimed' and e1.type = 'task.claimed'
        and e2.data ->> 'fence' = e1.data ->> 'fence' and e2.id <> e1.id`,
    )
    expect(pausedRuns).toEqual([])
    expect((await engine.companies.get({ companyId })).status).toBe('active')
    await other.stop()
  }, 60_000)

  it('number their tasks without gaps or repeats, across processes', async () => {
    const { engine, companyId } = await open()
    const other = await createWorldOn(url)
    const titles = Array.from({ length: 60 }, (_, index) => `Task ${index}`)
    const tasks = await Promise.all(titles.map((title, index) => (index % 2 ? engine : other).tasks.create({ companyId, title })))
    const numbers = tasks.map((task) => Number(task.identifier.split('-')[1])).toSorted((left, right) => left - right)
    expect(numbers).toEqual(titles.map((_, index) => index + 1))
    await other.stop()
  })
})

describe('a call in a batch', () => {
  it('has no effect in a company that its actor may not act in, and is answered as if alone', async () => {
    const { engine, companyId, agentId } = await open()
    const theirs = await engine.companies.create({ name: 'Theirs' })
    const [task = ''] = await newTasks(1)
    const stranger: UserActor = { kind: 'user', id: 'stranger', roles: { [theirs.id]: 'owner' } }
    const viewer: UserActor = { kind: 'user', id: 'viewer', roles: { [companyId]: 'viewer' } }
    const operator: UserActor = { kind: 'user', id: 'operator', roles: { '*': 'viewer', [companyId]: 'operator' } }
    const checkout = (actor: UserActor) => errorOf(engine.as(actor).tasks.checkout({ taskId: task, agentId }))
    const create = (actor: UserActor) => errorOf(engine.as(actor).tasks.create({ companyId, title: 'Mine?' }))
    const answers = await Promise.all([checkout(stranger), checkout(viewer), create(stranger), create(viewer)])
    expect(answers.map((answer) => answer.code)).toEqual(['not_found', 'forbidden', 'not_found', 'forbidden'])
    expect(await idsOf(engine, companyId)).toEqual([task])
    expect((await engine.tasks.get({ taskId: task })).status).toBe('todo')
    expect((await engine.as(operator).tasks.checkout({ taskId: task, agentId })).task.status).toBe('in_progress')
  })

  it('is refused for itself: the others go on', async () => {
    const { engine, companyId, agentId } = await open()
    const goal = '01890000-0000-7000-8000-000000000000'
    const answers = await Promise.allSettled([
      engine.tasks.create({ companyId, title: 'Good' }),
      engine.tasks.create({ companyId, title: 'Bad', goalId: goal }),
      engine.tasks.create({ companyId, title: 'Good too' }),
    ])
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(answers[1]).toMatchObject({ reason: { code: 'rule_violated', message: `goalId: there is no goal ${goal} in this company.` } })
    const [open_ = '', done = ''] = await newTasks(2)
    await engine.tasks.cancel({ taskId: done })
    const [first, second, third] = await Promise.allSettled([
      engine.tasks.checkout({ taskId: open_, agentId }),
      engine.tasks.checkout({ taskId: done, agentId }),
      engine.tasks.checkout({ taskId: open_, agentId }),
    ])
    expect(first).toMatchObject({ status: 'fulfilled' })
    expect(second).toMatchObject({ reason: { code: 'illegal_transition' } })
    expect(third).toMatchObject({ reason: { code: 'checkout_conflict' } })
  })

  it('takes back runs that were queued for others, as a call of its own does', async () => {
    const { engine, companyId } = await open()
    const ready = await engine.agents.create({ companyId, name: 'Auto', role: 'writer', adapterType: 'scripted' })
    const task = await engine.tasks.create({ companyId, title: 'Queued', assigneeAgentId: ready.id })
    const runs = await engine.runs.list({ companyId, taskId: task.id })
    expect(runs.items).toMatchObject([{ status: 'queued' }])
    await engine.tasks.assign({ taskId: task.id, agentId: null })
    const held = await engine.tasks.checkout({ taskId: task.id, agentId: world.agentId })
    const after = await until(
      () => engine.runs.list({ companyId, taskId: task.id }),
      (seen) => seen.items.length === 2,
    )
    expect(after.items.map((run) => run.status)).toEqual(['cancelled', 'running'])
    expect(held.task.assigneeAgentId).toBe(world.agentId)
  })
})

describe('createMany', () => {
  it('creates or refuses each for itself, with the events of single creates', async () => {
    const { engine, companyId, agentId } = await open()
    const many = await engine.tasks.createMany({
      companyId,
      tasks: [
        { title: 'Plain' },
        { title: 'Assigned', assigneeAgentId: agentId },
        { title: 'Lost', parentId: 'ACM-99' },
        { title: 'Child', parentId: 'ACM-1', blockedBy: ['ACM-2'] },
      ],
    })
    expect(many.items.map((item) => item.status)).toEqual(['created', 'created', 'refused', 'created'])
    expect(many.items[2]).toMatchObject({ error: { code: 'rule_violated', message: 'parentId: there is no task ACM-99 in this company.' } })
    const log = await engine.events.list({ companyId, limit: 100 })
    expect(log.items.filter((event) => event.type === 'task.created').map((event) => event.data['identifier'])).toEqual([
      'ACM-1',
      'ACM-2',
      'ACM-3',
    ])
    const plain = await engine.tasks.createMany({
      companyId,
      tasks: Array.from({ length: 100 }, (_, index) => ({ title: `Plain ${index}` })),
    })
    expect(plain.items.map((item) => (item.status === 'created' ? item.task.identifier : null))).toEqual(
      Array.from({ length: 100 }, (_, index) => `ACM-${index + 4}`),
    )
  })
})

async function createWorldOn(address: string): Promise<Engine> {
  const { createEngine } = await import('@engine/core')
  return createEngine({ storage: postgres(address), adapters: [world.adapter], checksOutputs: true })
}
