// A whole company, played again by its seed: what happened once happens again, to the last id and millisecond.
import { describe, expect, it, onTestFinished } from 'vitest'

import { sqlite } from '@engine/storage-sqlite'
import { createTestEngine, hangs, inTurn, repeatable, runUntilIdle, takes, type Script } from '@engine/testing'

import { createWorld } from './support/engine.ts'

const overloaded: Script = async () => ({ kind: 'failed', class: 'overloaded', message: 'busy' })
const reviewed: Script = async ({ emit }) => {
  await emit({ type: 'deliverable', title: 'Plan', content: '# Plan' })
  return { kind: 'needs_review' }
}

/** A company whose agents, tasks, failures and reviews are chosen by the seed. */
async function play(seed: number) {
  const given = repeatable(seed)
  const { choices, clock } = given
  const { engine, adapter, companyId, agentId, runUntilIdle: rest } = await createTestEngine({ storage: sqlite(':memory:'), ...given })
  onTestFinished(() => engine.stop())
  const agents = [agentId]
  for (const name of ['Bo', 'Cy'])
    agents.push((await engine.agents.create({ companyId, name, role: 'writer', adapterType: 'scripted', reportsTo: agentId })).id)
  const scripts: Script[] = [
    async () => ({ kind: 'done' }),
    inTurn(overloaded, async () => ({ kind: 'done' })),
    reviewed,
    takes(300, reviewed, clock),
  ]
  let before: string[] = []
  for (let number = 1; number <= 8; number += 1) {
    const assigneeAgentId = choices.pick(agents)
    const task = await engine.tasks.create({
      companyId,
      title: `Task ${number}`,
      assigneeAgentId,
      blockedBy: choices.int(3) === 0 ? before : [],
    })
    adapter.scripts.set(task.id, choices.pick(scripts))
    before = [task.id]
  }
  // What waits for a review lets others begin.
  for (let pending = [companyId]; pending.length > 0;) {
    await rest()
    pending = (await engine.deliverables.list({ companyId, status: 'pending' })).items.map(({ id }) => id)
    for (const deliverableId of pending) await engine.deliverables.review({ deliverableId, decision: 'approved' })
  }
  const tasks = (await engine.tasks.list({ companyId, limit: 100 })).items.map(({ status }) => status)
  const log = []
  for (let after = 0; ;) {
    const { items } = await engine.events.list({ companyId, after, limit: 100 })
    log.push(...items)
    const last = items.at(-1)
    if (!last) return { tasks, log }
    after = last.seq
  }
}

describe('a company that is played by a seed', () => {
  it('writes the same log again, and another one for another seed', async () => {
    const [first, again, other] = [await play(4711), await play(4711), await play(4712)]
    expect(first.log.length).toBeGreaterThan(40)
    expect(new Set(first.tasks)).toEqual(new Set(['done']))
    expect(again.log).toEqual(first.log)
    expect(other.log).not.toEqual(first.log)
  })
})

describe('running until nothing is left to do', () => {
  it('ends when all runs ended, those that are tried again too, and does not wait for people', async () => {
    const { engine, adapter, companyId, agentId } = await createWorld()
    onTestFinished(() => engine.stop())
    adapter.script = inTurn(overloaded, takes(50, reviewed))
    const task = await engine.tasks.create({ companyId, title: 'Plan', assigneeAgentId: agentId })
    await runUntilIdle(engine)
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'in_review' })
    expect((await engine.runs.list({ companyId })).items.map(({ status }) => status)).toEqual(['failed', 'succeeded'])
  })

  it('says what is still open when it never comes to rest', async () => {
    const { engine, adapter, companyId, agentId } = await createWorld()
    onTestFinished(() => engine.stop())
    adapter.script = hangs()
    await engine.tasks.create({ companyId, title: 'For ever', assigneeAgentId: agentId })
    await expect(runUntilIdle(engine, { withinMs: 500 })).rejects.toThrow('still open: engine_live_runs')
  })
})
