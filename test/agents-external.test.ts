// Agents that take their work by their key: they have the adapter `external`, and nothing here executes them.
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { createTestEngine, scriptedAdapter } from '@engine/testing'

import { board, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

async function open(database = 'sqlite', metering: 'none' | 'final' = 'none') {
  const adapter = scriptedAdapter({ metering })
  const world = await createTestEngine({ storage: await newStorage(database), adapter })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId } = world
  const hire = (name: string, more: object = { executionMode: 'polling' }) =>
    engine.agents.create({ companyId, name, role: 'writer', ...more })
  const give = (assigneeAgentId: string, title = 'Write') => engine.tasks.create({ companyId, title, assigneeAgentId })
  const byKey = (id: string) => engine.as({ kind: 'agent', id, companyId })
  return { ...world, hire, give, byKey }
}

describe.each(['sqlite', 'postgres'])('an agent that takes its work by itself, on %s', (database) => {
  it('names no adapter, or external, and asks for its work or is given it by hand', async () => {
    const { engine, hire } = await open(database)
    const eve = await hire('Eve')
    expect(eve).toMatchObject({ adapterType: 'external', adapterConfig: {}, executionMode: 'polling' })
    expect(await hire('Fay', { adapterType: 'external' })).toMatchObject({ executionMode: 'polling' })
    expect(await hire('Gil', { adapterType: 'external', executionMode: 'manual' })).toMatchObject({ executionMode: 'manual' })
    expect(await hire('Hal', { adapterType: 'scripted', executionMode: 'polling' })).toMatchObject({ adapterType: 'scripted' })
    expect(await errorOf(hire('Ian', { executionMode: 'manual' }))).toMatchObject({ code: 'invalid_input' })
    for (const executionMode of ['auto', 'human'] as const) {
      const refused = { code: 'rule_violated', message: expect.stringContaining('executionMode polling or manual') }
      expect(await errorOf(hire('Jan', { adapterType: 'external', executionMode }))).toMatchObject(refused)
      expect(await errorOf(engine.agents.update({ agentId: eve.id, executionMode }))).toMatchObject(refused)
    }
    for (const adapterType of ['constructor', '__proto__', 'toString'])
      expect(await errorOf(hire('Lea', { adapterType }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(hire('Kai', { adapterType: 'external', adapterConfig: { command: 'rm' } }))).toMatchObject({
      code: 'invalid_input',
    })
    const executed = { agentId: eve.id, adapterType: 'scripted', executionMode: 'auto' } as const
    expect(await engine.agents.update(executed)).toMatchObject({ adapterType: 'scripted', executionMode: 'auto' })
  })

  it('is executed by nobody: its tasks wait for it, and so does a run that got its answer', async () => {
    const { engine, agentId, companyId, adapter, hire, give, byKey } = await open(database)
    const eve = await hire('Eve')
    const task = await give(eve.id)
    const runsOfEve = async () => (await engine.runs.list({ companyId, taskId: task.id })).items
    const refused = { code: 'rule_violated', message: expect.stringContaining('Engine does not start Eve') }
    await engine.start()
    const letWorkersLook = async () => {
      const { id: taskId } = await give(agentId, 'A look at all that waits')
      await until(
        () => engine.tasks.get({ taskId }),
        ({ status }) => status === 'done',
      )
    }
    await letWorkersLook()
    expect(await runsOfEve()).toEqual([])
    const take = async () => {
      const { run, task: taken } = await byKey(eve.id).tasks.next()
      if (!run || !taken) throw new Error('there was nothing to take')
      const actor = { kind: 'run', id: run.id, companyId, agentId: eve.id, taskId: taken.id, fence: run.fence ?? 0 } as const
      return { run, as: engine.as(actor) }
    }
    const first = await take()
    await first.as.tasks.release({ taskId: task.id })
    expect(await errorOf(engine.runs.retry({ runId: first.run.id }))).toMatchObject(refused)
    const { run, as } = await take()
    const question = await as.interactions.ask({ taskId: task.id, waits: true, ask: { kind: 'question', prompt: 'Which colour?' } })
    await engine.as(board).interactions.answer({ interactionId: question.id, text: 'Blue' })
    await letWorkersLook()
    const waits = { kind: 'starts', message: 'Eve takes it by itself when it asks for work.' }
    expect(await engine.runs.get({ runId: run.id })).toMatchObject({ status: 'queued', next: waits })
    expect((await runsOfEve()).find(({ id }) => id === run.id)).toMatchObject({ next: waits })
    expect((await take()).run).toMatchObject({ id: run.id, status: 'running' })
    expect(adapter.turns.map(({ context }) => context.agent.name)).toEqual(['Ada', 'Ada'])
    expect((await engine.verify()).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  })

  it('leaves no run behind that nobody would start, when it is no longer executed here', async () => {
    const { engine, companyId, agentId, give } = await open(database)
    await engine.agents.update({ agentId, executionMode: 'manual' })
    const task = await give(agentId)
    const run = await engine.agents.invoke({ agentId, taskId: task.id })
    await engine.agents.update({ agentId, adapterType: 'external' })
    expect(await engine.runs.get({ runId: run.id })).toMatchObject({ status: 'cancelled' })
    await engine.tasks.pauseSubtree({ taskId: task.id })
    await engine.tasks.resumeSubtree({ taskId: task.id })
    expect((await engine.runs.list({ companyId, status: 'queued' })).items).toEqual([])
    expect(await engine.as({ kind: 'agent', id: agentId, companyId }).tasks.next()).toMatchObject({ task: { id: task.id } })
  })

  it('is not among those whom a limit of money keeps from starting', async () => {
    const { engine, companyId, hire } = await open(database, 'final')
    const fallbacks = [{ adapterType: 'scripted', adapterConfig: {} }]
    await hire('Eve', { adapterType: 'external', executionMode: 'manual', fallbacks })
    const budget = await engine.budgets.set({ companyId, scope: 'company', limitCents: 100 })
    expect(budget.agentsWithoutCap.map(({ name }) => name)).toEqual(['Ada'])
  })

  it('is asked for by an approval without an adapter, too', async () => {
    const { engine, companyId } = await open(database)
    const request = (payload: Record<string, string>) => engine.approvals.request({ companyId, type: 'hire_agent', payload })
    const { agentId } = await request({ name: 'Eve', role: 'writer', executionMode: 'polling' })
    expect(await engine.agents.get({ agentId: agentId ?? '' })).toMatchObject({ adapterType: 'external', status: 'pending_approval' })
    expect(await errorOf(request({ name: 'Fay', role: 'writer' }))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('payload.adapterType'),
    })
  })
})

describe('the adapter external', () => {
  it('can neither be started by hand nor tried, and says who starts it', async () => {
    const { engine, hire, give } = await open()
    const { id: agentId } = await hire('Eve')
    const { id: taskId } = await give(agentId)
    expect(await errorOf(engine.agents.invoke({ agentId, taskId }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('Eve takes its work by itself'),
    })
    expect(await errorOf(engine.agents.test({ agentId }))).toMatchObject({ code: 'rule_violated' })
  })

  it('stands in for no other: neither as a profile nor as a fallback', async () => {
    const { engine, agentId } = await open()
    const refused = (field: string) => ({ code: 'rule_violated', details: { field, adapterType: 'external' } })
    const setup = { adapterType: 'external', adapterConfig: {} }
    expect(await errorOf(engine.agents.update({ agentId, fallbacks: [setup] }))).toMatchObject(refused('fallbacks.0'))
    expect(await errorOf(engine.agents.update({ agentId, profiles: { cheap: setup } }))).toMatchObject(refused('profiles.cheap'))
    await engine.agents.update({ agentId, profiles: { cheap: { adapterConfig: {} } } })
    const leaves = { agentId, adapterType: 'external', executionMode: 'polling' } as const
    expect(await errorOf(engine.agents.update(leaves))).toMatchObject(refused('profiles.cheap'))
    expect(await engine.agents.update({ ...leaves, profiles: {} })).toMatchObject({ adapterType: 'external' })
  })

  it('is one of every engine, and of no host', async () => {
    const engine = await createEngine({ storage: await newStorage() })
    onTestFinished(() => engine.stop())
    const { items } = await engine.adapters.list()
    expect(items.map(({ type, executionModes }) => [type, executionModes])).toEqual([
      ['human', ['human']],
      ['external', ['polling', 'manual']],
    ])
    const own = { ...scriptedAdapter(), type: 'external' }
    await expect(createEngine({ storage: await newStorage(), adapters: [own] })).rejects.toThrow(/is called "external"/)
  })

  it('goes with its agent into a package and out of it, also where a package says another mode', async () => {
    const { engine, companyId, hire } = await open()
    await hire('Eve')
    const { files } = await engine.companies.export({ companyId })
    const edited = files.map((file) =>
      file.path.includes('eve') && file.content !== undefined
        ? { ...file, content: file.content.replace('executionMode: polling', 'executionMode: auto') }
        : file,
    )
    for (const package_ of [files, edited]) {
      const { hash, needs } = await engine.companies.previewImport({ files: package_ })
      expect(needs.adapters.find(({ agent }) => agent === 'eve')).toMatchObject({ adapterType: 'external', isKnown: true })
      const made = await engine.companies.import({ files: package_, hash })
      const { items } = await engine.agents.list({ companyId: made.companyId })
      const eve = items.find(({ name }) => name === 'Eve')
      expect(eve).toMatchObject({ adapterType: 'external', executionMode: 'polling', status: 'paused' })
    }
  })
})
