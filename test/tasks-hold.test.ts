import { describe, expect, it, onTestFinished } from 'vitest'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s, a subtree', (family) => {
  async function open(agentMode: 'auto' | 'manual' = 'manual') {
    const world = await createWorld({ storage: await newStorage(family), agentMode })
    onTestFinished(() => world.engine.stop())
    return { ...world, ...(await grow(world)) }
  }

  /** A root with a branch that has a leaf, and a twig. */
  async function grow({ engine, companyId, agentId }: World) {
    const create = (title: string, parentId?: string) =>
      engine.tasks.create({ companyId, title, assigneeAgentId: agentId, ...(parentId !== undefined && { parentId }) })
    const root = await create('Root')
    const branch = await create('Branch', root.id)
    return { root, branch, leaf: await create('Leaf', branch.id), twig: await create('Twig', root.id) }
  }

  const holders = async ({ engine }: World, tasks: readonly { id: string }[]) =>
    Promise.all(tasks.map(async ({ id }) => (await engine.tasks.get({ taskId: id })).heldByTaskId))

  it('is held: its runs are stopped, and nothing in it starts until it is resumed', async () => {
    const world = await open()
    const { engine, companyId, agentId, root, branch, leaf, twig } = world
    const { run } = await engine.tasks.checkout({ taskId: leaf.id, agentId })
    await engine.tasks.cancel({ taskId: twig.id })
    expect(await engine.tasks.pauseSubtree({ taskId: root.identifier, reason: 'wrong direction' })).toMatchObject({
      changed: 3,
      task: { heldByTaskId: root.id },
    })
    expect(await engine.tasks.pauseSubtree({ taskId: root.id })).toMatchObject({ changed: 0 })
    expect((await engine.runs.get({ runId: run.id })).status).toBe('cancelled')
    expect(await engine.tasks.get({ taskId: leaf.id })).toMatchObject({ status: 'todo', checkout: null, heldByTaskId: root.id })
    expect(await holders(world, [twig])).toEqual([null])
    const refusal = await errorOf(engine.tasks.checkout({ taskId: leaf.id, agentId }))
    expect(refusal).toMatchObject({
      code: 'task_held',
      message: expect.stringContaining(root.identifier),
      details: { heldBy: { id: root.id } },
    })
    const child = await engine.tasks.create({ companyId, title: 'New', parentId: branch.id })
    const belowEnded = await engine.tasks.create({ companyId, title: 'New', parentId: twig.id })
    expect([child.heldByTaskId, belowEnded.heldByTaskId]).toEqual([root.id, root.id])
    expect(await errorOf(engine.tasks.resumeSubtree({ taskId: leaf.id }))).toMatchObject({ code: 'rule_violated' })
    expect(await engine.tasks.resumeSubtree({ taskId: root.id })).toMatchObject({ changed: 5 })
    expect(await engine.tasks.resumeSubtree({ taskId: root.id })).toMatchObject({ changed: 0 })
    await engine.tasks.checkout({ taskId: leaf.id, agentId })
    const { items } = await engine.events.list({ companyId, limit: 100 })
    expect(items.filter((event) => event.type === 'task.held')).toHaveLength(3)
    expect(items.filter((event) => event.type === 'task.resumed')).toHaveLength(5)
    expect((await engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])
  })

  it('keeps an inner hold when the outer one ends, and the outer one when the inner one ends', async () => {
    const world = await open()
    const { engine, root, branch, leaf, twig } = world
    const all = [root, branch, leaf, twig]
    await engine.tasks.pauseSubtree({ taskId: branch.id })
    await engine.tasks.pauseSubtree({ taskId: root.id })
    expect(await holders(world, all)).toEqual([root.id, branch.id, branch.id, root.id])
    await engine.tasks.resumeSubtree({ taskId: branch.id })
    expect(await holders(world, all)).toEqual([root.id, root.id, root.id, root.id])
    await engine.tasks.pauseSubtree({ taskId: branch.id })
    await engine.tasks.resumeSubtree({ taskId: root.id })
    expect(await holders(world, all)).toEqual([null, branch.id, branch.id, null])
    await engine.tasks.update({ taskId: leaf.id, parentId: root.id })
    expect(await holders(world, [leaf])).toEqual([null])
    await engine.tasks.update({ taskId: twig.id, parentId: branch.id })
    expect(await holders(world, [twig])).toEqual([branch.id])
  })

  it('costs others no place in the queue while it is held, and goes on by itself when it is resumed', async () => {
    const world = await open('auto')
    const { engine, companyId, root, branch, leaf, twig } = world
    await engine.tasks.pauseSubtree({ taskId: root.id })
    const other = await engine.tasks.create({ companyId, title: 'Other', assigneeAgentId: world.agentId, priority: 'low' })
    await engine.start()
    const statusOf = async (taskId: string) => (await engine.tasks.get({ taskId })).status
    await until(
      () => statusOf(other.id),
      (status) => status === 'done',
    )
    expect(await Promise.all([root, branch, leaf, twig].map(({ id }) => statusOf(id)))).toEqual(['todo', 'todo', 'todo', 'todo'])
    await engine.tasks.resumeSubtree({ taskId: root.id })
    await until(
      () => Promise.all([root, branch, leaf, twig].map(({ id }) => statusOf(id))),
      (statuses) => statuses.every((status) => status === 'done'),
    )
  })

  it('is cancelled from the bottom up, once', async () => {
    const world = await open()
    const { engine, companyId, agentId, root, branch, leaf, twig } = world
    await engine.tasks.checkout({ taskId: leaf.id, agentId })
    await engine.tasks.pauseSubtree({ taskId: branch.id })
    expect(await engine.tasks.cancelSubtree({ taskId: root.id, reason: 'no longer needed' })).toMatchObject({
      changed: 4,
      task: { status: 'cancelled' },
    })
    expect(await engine.tasks.cancelSubtree({ taskId: root.id })).toMatchObject({ changed: 0 })
    const { items } = await engine.events.list({ companyId, limit: 100 })
    const cancelled = items.flatMap((event) =>
      event.type === 'task.status_changed' && event.data.to === 'cancelled' ? [event.entity.id] : [],
    )
    expect(new Set(cancelled)).toEqual(new Set([root.id, branch.id, leaf.id, twig.id]))
    expect(cancelled.indexOf(leaf.id)).toBeLessThan(cancelled.indexOf(branch.id))
    expect(cancelled.at(-1)).toBe(root.id)
    expect(await errorOf(engine.tasks.pauseSubtree({ taskId: root.id }))).toMatchObject({ code: 'rule_violated' })
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('is refused to those who may not plan, and in another company', async () => {
    const { engine, companyId, agentId, root } = await open()
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    expect(await errorOf(agent.tasks.pauseSubtree({ taskId: root.id }))).toMatchObject({ code: 'forbidden' })
    const stranger = engine.as({ kind: 'user', id: 'u', roles: {} })
    expect(await errorOf(stranger.tasks.cancelSubtree({ taskId: root.id }))).toMatchObject({ code: 'not_found' })
  })

  it('of more than a thousand tasks is refused, with advice', async () => {
    const { engine, companyId, root } = await open()
    const wishes = Array.from({ length: 100 }, (_, index) => ({ title: `Child ${index}`, parentId: root.id }))
    for (let call = 0; call < 10; call += 1) await engine.tasks.createMany({ companyId, tasks: wishes })
    expect(await errorOf(engine.tasks.pauseSubtree({ taskId: root.id }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('more than 1000 tasks'),
    })
  })
})
