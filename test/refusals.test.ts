import { describe, expect, it, onTestFinished } from 'vitest'

import { createWorld, errorOf } from './support/engine.ts'

// What a refusal says stands, and what it advises works.
describe('a call that is refused', () => {
  async function open() {
    const world = await createWorld({ agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    const newTask = async () => (await world.engine.tasks.create({ companyId: world.companyId, title: 'Write' })).id
    return { ...world, newTask }
  }

  it('for an agent says what lets that one work, if anything does', async () => {
    const { engine, companyId, agentId, newTask } = await open()
    const taskId = await newTask()
    await engine.companies.update({ companyId, requiresHireApproval: true })
    const draft = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
    expect(await errorOf(engine.tasks.checkout({ taskId, agentId: draft.id }))).toMatchObject({
      code: 'agent_unavailable',
      message: 'The agent Bob is pending_approval. Approve its hire first.',
    })
    await engine.agents.pause({ agentId })
    expect((await errorOf(engine.tasks.checkout({ taskId, agentId }))).message).toContain('is paused. Resume it first.')
    await engine.agents.terminate({ agentId })
    expect((await errorOf(engine.tasks.checkout({ taskId, agentId }))).message).toContain('is terminated. Name another agent.')
    await engine.companies.archive({ companyId })
    const { message } = await errorOf(engine.tasks.checkout({ taskId, agentId }))
    expect(message).toContain('archived')
    expect(message).not.toContain('Resume')
  })

  it('for the status of an agent says the one that is shown', async () => {
    const { engine, agentId, newTask } = await open()
    await engine.tasks.checkout({ taskId: await newTask(), agentId })
    expect((await engine.agents.get({ agentId })).status).toBe('running')
    expect(await errorOf(engine.agents.resume({ agentId }))).toMatchObject({
      code: 'illegal_transition',
      details: { from: 'running', to: 'idle', verb: 'resume' },
    })
  })

  it('for whoever works on a task says who that is, and how to take it back', async () => {
    const { engine, companyId, agentId, newTask } = await open()
    const bob = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
    const taskId = await newTask()
    const { task, run } = await engine.tasks.checkout({ taskId, agentId })
    const { name } = await engine.agents.get({ agentId })
    const held = {
      code: 'checkout_conflict',
      message: expect.stringContaining(`${name} is working on ${task.identifier}.`),
      details: { status: 'in_progress', fence: 1, holder: { agentId, agentName: name, runId: run.id } },
    }
    for (const refused of [
      await errorOf(engine.tasks.assign({ taskId, agentId: bob.id })),
      await errorOf(engine.tasks.route({ taskId })),
      await errorOf(engine.tasks.delete({ taskId })),
    ])
      expect(refused).toMatchObject(held)
    await engine.tasks.forceRelease({ taskId, reason: 'for Bob' })
    expect(await engine.tasks.assign({ taskId, agentId: bob.id })).toMatchObject({ assigneeAgentId: bob.id })
  })

  it('for the status of a task names the moves that there are, also when it has ended', async () => {
    const { engine, newTask } = await open()
    const done = await newTask()
    await engine.tasks.cancel({ taskId: done })
    expect(await errorOf(engine.tasks.update({ taskId: done, status: 'todo', title: 'Again' }))).toMatchObject({
      code: 'illegal_transition',
      details: { from: 'cancelled', to: 'todo', verb: 'update', legal: [] },
    })
    expect(await errorOf(engine.tasks.update({ taskId: done, title: 'Again' }))).toMatchObject({ code: 'rule_violated' })
    const todo = await newTask()
    expect(await errorOf(engine.deliverables.submit({ taskId: todo, title: 'Draft', content: 'Words' }))).toMatchObject({
      code: 'illegal_transition',
      details: { from: 'todo', to: 'in_review', verb: 'submit', legal: expect.arrayContaining([{ to: 'in_progress', by: ['checkout'] }]) },
    })
    expect(await errorOf(engine.tasks.update({ taskId: todo, blockedBy: [todo] }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('can not wait for itself'),
    })
  })
})
