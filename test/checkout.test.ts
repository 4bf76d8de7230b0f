import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { sqlite } from '@engine/storage-sqlite'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

let world: World

afterEach(async () => {
  await world.engine.stop()
})

async function hire(name: string): Promise<string> {
  const agent = await world.engine.agents.create({
    companyId: world.companyId,
    name,
    role: 'writer',
    adapterType: 'scripted',
    executionMode: 'manual',
    maxConcurrentRuns: 50,
  })
  return agent.id
}

async function newTask(more: object = {}) {
  return world.engine.tasks.create({ companyId: world.companyId, title: 'Write', ...more })
}

describe('a checkout', () => {
  it('gives the task to exactly one of many callers, and tells the others who has it', async () => {
    world = await createWorld({ storage: sqlite(join(temporaryFolder(), 'engine.db')), agentMode: 'manual' })
    const agents = await Promise.all(Array.from({ length: 20 }, (_, index) => hire(`Agent ${index}`)))
    for (let round = 1; round <= 10; round += 1) {
      const task = await newTask()
      const answers = await Promise.allSettled(agents.map((agentId) => world.engine.tasks.checkout({ taskId: task.id, agentId })))
      const won = answers.filter((answer) => answer.status === 'fulfilled')
      expect(won).toHaveLength(1)
      const holder = won[0]?.value.run.agentId
      for (const answer of answers) {
        if (answer.status === 'fulfilled') continue
        expect(answer.reason).toMatchObject({
          code: 'checkout_conflict',
          details: { holder: { agentId: holder, isHolderLive: true }, fence: 1, status: 'in_progress' },
        })
        expect(answer.reason.details.retryAfterMs).toBeGreaterThan(0)
      }
      const claims = await world.engine.events.task({ taskId: task.id })
      expect(claims.items.filter((event) => event.type === 'task.claimed')).toHaveLength(1)
    }
  })

  it('has one winner too when two processes race on one file', { timeout: 60_000 }, async () => {
    const file = join(temporaryFolder(), 'engine.db')
    world = await createWorld({ storage: sqlite(file), agentMode: 'manual' })
    const agents = await Promise.all(Array.from({ length: 4 }, (_, index) => hire(`Agent ${index}`)))
    const tasks = await Promise.all(Array.from({ length: 40 }, () => newTask()))
    const plan = JSON.stringify({ file, agents, tasks: tasks.map((task) => task.id) })
    const racers = [1, 2].map((number) => startProgram(new URL('./support/racer.ts', import.meta.url), { args: [plan, String(number)] }))
    await Promise.all(racers.map((racer) => racer.printed(/READY/)))
    writeFileSync(`${file}.go`, '')
    const results = await Promise.all(
      racers.map(async (racer) => JSON.parse((await racer.printed(/RESULT (.*)\n/))[1] ?? '') as RaceResult),
    )
    expect(results.map((result) => result.unexpected)).toEqual([[], []])
    const won = results.flatMap((result) => result.won)
    expect(won.toSorted()).toEqual(tasks.map((task) => task.id).toSorted())
    // Both really raced: each won some, and every loser was told the holder.
    for (const result of results) {
      expect(result.won.length).toBeGreaterThan(0)
      expect(result.lostWithHolder).toBe(result.lost)
    }
    expect(won.length + results.reduce((sum, result) => sum + result.lost, 0)).toBe(tasks.length * agents.length * 2)
    for (const task of tasks) expect((await world.engine.tasks.get({ taskId: task.id })).checkout?.fence).toBe(1)
  })

  it('raises the fence each time and never uses one again', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const task = await newTask({ assigneeAgentId: world.agentId })
    for (let fence = 1; fence <= 3; fence += 1) {
      const held = await world.engine.tasks.checkout({ taskId: task.identifier })
      expect(held.run.fence).toBe(fence)
      expect(held.task.startedAt).toBe((await world.engine.tasks.get({ taskId: task.id })).startedAt)
      await world.engine.tasks.release({ taskId: task.id })
    }
  })

  it('is answered with what it holds when the same run asks again, and changes nothing', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const task = await newTask()
    const held = await world.engine.tasks.checkout({ taskId: task.id, agentId: world.agentId })
    const actor = await world.engine.authenticate(held.credential ?? '')
    if (!actor) throw new Error('the credential is unknown')
    const again = await world.engine.as(actor).tasks.checkout({ taskId: task.id })
    expect(again).toEqual({ ...held, credential: null })
  })

  it('is a conflict for the same agent in another run', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const task = await newTask()
    await world.engine.tasks.checkout({ taskId: task.id, agentId: world.agentId })
    const refused = await errorOf(world.engine.tasks.checkout({ taskId: task.id, agentId: world.agentId }))
    expect(refused).toMatchObject({ code: 'checkout_conflict', kind: 'conflict' })
    expect(refused.message).toMatch(/^Ada has ACM-1 checked out since .* and is live/)
  })

  it('waits for unresolved blockers and names them', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const blocker = await newTask({ title: 'First' })
    const task = await newTask({ blockedBy: [blocker.identifier] })
    const refused = await errorOf(world.engine.tasks.checkout({ taskId: task.id, agentId: world.agentId }))
    expect(refused).toMatchObject({ code: 'task_blocked', kind: 'rule', details: { blockers: [{ identifier: 'ACM-1', status: 'todo' }] } })
    await world.engine.tasks.cancel({ taskId: blocker.id })
    await world.engine.tasks.checkout({ taskId: task.id, agentId: world.agentId })
  })

  it('is refused to an agent that may not work, with what would change that', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const task = await newTask()
    const full = await world.engine.agents.update({ agentId: world.agentId, maxConcurrentRuns: 1 })
    await world.engine.tasks.checkout({ taskId: (await newTask()).id, agentId: full.id })
    expect((await errorOf(world.engine.tasks.checkout({ taskId: task.id, agentId: full.id }))).message).toBe(
      'The agent Ada has 1 of 1 runs under way. Wait for one to end, or raise maxConcurrentRuns.',
    )
    await world.engine.agents.pause({ agentId: full.id })
    expect(await errorOf(world.engine.tasks.checkout({ taskId: task.id, agentId: full.id }))).toMatchObject({
      code: 'agent_unavailable',
      details: { status: 'paused' },
    })
  })

  it('is refused in a paused company, for a task of somebody else, and from an unexpected status', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const other = await hire('Bob')
    const task = await newTask({ assigneeAgentId: other })
    expect(await errorOf(world.engine.tasks.checkout({ taskId: task.id, agentId: world.agentId }))).toMatchObject({
      code: 'checkout_conflict',
      details: { assigneeAgentId: other },
    })
    expect(await errorOf(world.engine.tasks.checkout({ taskId: task.id, expectedStatuses: ['backlog'] }))).toMatchObject({
      code: 'checkout_conflict',
    })
    await world.engine.companies.pause({ companyId: world.companyId })
    expect((await errorOf(world.engine.tasks.checkout({ taskId: task.id }))).message).toMatch(/company is paused/)
  })

  it('leaves nothing behind when it is refused', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const task = await newTask({ assigneeAgentId: world.agentId })
    await world.engine.tasks.cancel({ taskId: task.id })
    const before = await world.engine.events.list({ companyId: world.companyId })
    expect(await errorOf(world.engine.tasks.checkout({ taskId: task.id }))).toMatchObject({
      code: 'illegal_transition',
      details: { legal: [] },
    })
    expect(await world.engine.events.list({ companyId: world.companyId })).toEqual(before)
    expect((await world.engine.runs.list({ companyId: world.companyId })).items).toEqual([])
  })
})

interface RaceResult {
  won: string[]
  lost: number
  lostWithHolder: number
  unexpected: string[]
}
