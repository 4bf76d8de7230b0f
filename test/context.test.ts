import { describe, expect, it, onTestFinished } from 'vitest'

import type { Scope } from '@engine/core'
import type { RunContext } from '@engine/core/plugin'

import { serveWorld } from './http-fixtures.ts'
import { board, createWorld, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

type World = Awaited<ReturnType<typeof createWorld>>

/** What the next run of a task is told. */
async function contextOf({ engine, adapter }: World, taskId: string): Promise<RunContext> {
  await engine.start()
  const turns = () => adapter.turns.filter(({ context }) => context.task.id === taskId)
  const before = turns().length
  return until(
    () => turns().at(before)?.context ?? turns().at(-1)?.context,
    (context) => context !== undefined,
  ).then((context) => {
    if (!context) throw new Error('no run was begun')
    return context
  })
}

describe.each(['sqlite', 'postgres'])('what a run is told, on %s', (database) => {
  async function open(settings: { contextTokens?: number } = {}) {
    const world = await createWorld({ storage: await newStorage(database), settings: { pollMs: 20, retryBaseMs: 1, ...settings } })
    onTestFinished(() => world.engine.stop())
    return world
  }

  it('is all that is known of its task, each text with who wrote it', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const asBoard = engine.as(board)
    await asBoard.knowledge.create({ companyId, title: 'Chairs in rooms', body: 'Chairs have four legs.' })
    await asBoard.knowledge.create({
      companyId,
      title: 'Chairs by others',
      body: 'Chairs have three legs.',
      source: 'https://chairs.example',
    })
    const task = await asBoard.tasks.create({ companyId, title: 'Count chairs', description: 'All of them.' })
    await asBoard.comments.create({ taskId: task.id, body: 'Also the stools.' })
    await engine.as({ kind: 'agent', id: agentId, companyId }).comments.create({ taskId: task.id, body: 'There are many.' })
    await asBoard.tasks.assign({ taskId: task.id, agentId })
    const context = await contextOf(world, task.id)
    expect(context).toMatchObject({
      mode: 'fat',
      omitted: [],
      task: { description: 'All of them.', origin: 'person' },
      comments: [
        { origin: 'person', body: 'Also the stools.' },
        { origin: 'agent', body: 'There are many.' },
      ],
    })
    expect(Object.fromEntries(context.knowledge.entries.map(({ title, origin }) => [title, origin]))).toEqual({
      'Chairs by others': 'outside',
      'Chairs in rooms': 'person',
    })
    expect(context.tokens).toEqual({ budget: 32_000, used: expect.any(Number) })
  })

  it('is bounded by one budget, and what has no room is named with how much it is and where to read it', async () => {
    const world = await open({ contextTokens: 1_000 })
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Count', description: 'Every chair. '.repeat(2_000) })
    for (let number = 0; number < 60; number += 1) await engine.comments.create({ taskId: task.id, body: `${number}: ${'x'.repeat(300)}` })
    await engine.tasks.assign({ taskId: task.id, agentId })
    const context = await contextOf(world, task.id)
    expect(context.tokens.used).toBeLessThanOrEqual(1_000)
    expect(JSON.stringify(context).length).toBeLessThan(1_000 * 4 + 8_000)
    expect(context.task.description).toContain('[… cut here: the whole text is about')
    expect(context.comments.at(-1)?.body).toMatch(/^59: /)
    const of = (section: string) => context.omitted.filter((one) => one.section === section)
    expect(of('task')).toMatchObject([{ what: 'the description', isCut: true, operation: 'tasks.get', path: `/api/tasks/${task.id}` }])
    expect(of('task')[0]?.tokens).toBeGreaterThan(5_000)
    expect(of('comments')[0]).toMatchObject({ what: 'older comments', tokens: null, path: `/api/tasks/${task.id}/comments` })
    expect(of('comments').at(-1)).toMatchObject({ what: expect.stringMatching(/^\d+ more$/), tokens: expect.any(Number) })
  })

  it('is thin for an agent that reads by itself: what it is about, and paths that its credential opens', async () => {
    const world = await open()
    const { engine, companyId, agentId, adapter } = world
    await engine.agents.update({ agentId, contextMode: 'thin' })
    const task = await engine.tasks.create({ companyId, title: 'Count', description: 'All of them.', acceptanceCriteria: ['Every room'] })
    await engine.comments.create({ taskId: task.id, body: 'Also the stools.' })
    const { url } = await serveWorld(engine)
    const read: (readonly [string, number, string])[] = []
    const over = Promise.withResolvers<void>()
    adapter.script = async ({ context, tools }) => {
      const { key } = await engine.keys.create({ agentId, name: 'reads' })
      for (const { section, path, operation } of context.omitted) {
        const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } })
        read.push([section, response.status, await response.text()])
        expect(tools.map(({ name }) => name)).toContain(operation.replace('.', '_'))
      }
      over.resolve()
      return { kind: 'done' }
    }
    await engine.tasks.assign({ taskId: task.id, agentId })
    const context = await contextOf(world, task.id)
    expect(context).toMatchObject({ mode: 'thin', task: { title: 'Count', description: null, acceptanceCriteria: [] }, comments: [] })
    await over.promise
    expect(read.map(([section, status]) => [section, status])).toEqual(context.omitted.map(({ section }) => [section, 200]))
    expect(read.map(([section]) => section)).toEqual(
      expect.arrayContaining(['task', 'comments', 'feedback', 'interactions', 'blockers', 'goals', 'knowledge', 'preferences']),
    )
    expect(read.find(([section]) => section === 'comments')?.[2]).toContain('Also the stools.')
    expect(read.find(([section]) => section === 'task')?.[2]).toContain('Every room')
  })

  it('has nothing of the errors of earlier runs', async () => {
    const world = await open()
    const { engine, companyId, agentId, adapter } = world
    adapter.script = async ({ context }) =>
      context.run.attempt < 3
        ? { kind: 'failed', class: 'transient', message: `boom ${context.run.attempt} at /srv/private` }
        : { kind: 'done', summary: 'fine' }
    const task = await engine.tasks.create({ companyId, title: 'Try', assigneeAgentId: agentId })
    await engine.start()
    await until(
      () => engine.tasks.get({ taskId: task.id }),
      ({ status }) => status === 'done',
    )
    const contexts = adapter.turns.map(({ context }) => context)
    expect(contexts.map(({ run }) => run.attempt)).toEqual([1, 2, 3])
    expect(JSON.stringify(contexts)).not.toMatch(/boom|private/)
    expect((await engine.runs.list({ companyId, status: 'failed' })).items[0]?.errorMessage).toContain('boom 1')
  })

  it('is shown to a limited key as far as that key may read it one by one, and the rest is named', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    await engine.agents.update({ agentId, executionMode: 'manual' })
    const goal = await engine.goals.create({ companyId, title: 'Seats' })
    const project = await engine.projects.create({ companyId, name: 'Hall' })
    const told = { companyId, description: 'Of chairs.', projectId: project.id, goalId: goal.id }
    const before = await engine.tasks.create({ ...told, title: 'Count chairs' })
    const task = await engine.tasks.create({ ...told, title: 'Buy chairs', blockedBy: [before.id] })
    for (const { id: taskId } of [before, task]) await engine.comments.create({ taskId, body: 'Chairs of wood.' })
    await engine.documents.put({ taskId: task.id, key: 'plan', title: 'Chairs', body: 'plan' })
    await engine.knowledge.create({ companyId, title: 'Chairs', body: 'Chairs have four legs.' })
    await engine.preferences.set({ companyId, scope: 'company', key: 'chairs', value: 'red' })
    await engine.interactions.ask({ taskId: task.id, ask: { kind: 'question', prompt: 'Which chairs?' } })
    await engine.tasks.checkout({ taskId: before.id, agentId })
    for (const decision of ['revision_requested', 'approved'] as const) {
      const { id: deliverableId } = await engine.deliverables.submit({ taskId: before.id, title: 'Chairs', content: 'Twelve chairs.' })
      await engine.as(board).deliverables.review({ deliverableId, decision, feedback: 'Count the chairs again.' })
      if (decision === 'revision_requested') await engine.tasks.checkout({ taskId: before.id, agentId })
    }
    const shown = async (taskId: string, more: Scope[]) => {
      const { key } = await engine.keys.create({ agentId, name: 'limited', scopes: ['tasks:read', ...more] })
      const reader = engine.as((await engine.authenticate(key)) ?? board)
      const {
        omitted,
        blockers,
        feedback,
        interactions,
        comments,
        goals,
        knowledge,
        preferences,
        project: of,
        documents,
      } = await reader.tasks.context({ taskId })
      const isThere = {
        feedback: feedback.length > 0,
        interactions: interactions.length > 0,
        comments: comments.length > 0,
        goals: goals.length > 0,
        knowledge: knowledge.entries.length > 0,
        preferences: Object.keys(preferences).length > 0,
        project: of !== null,
        documents: documents.length > 0,
        results: blockers.some(({ deliverable }) => deliverable !== null),
        said: blockers.some((blocker) => blocker.comments.length > 0),
      }
      const withheld = omitted.flatMap(({ section, what }) => (what.includes('may not read') ? [section] : []))
      return {
        there: Object.entries(isThere)
          .flatMap(([name, is]) => (is ? [name] : []))
          .toSorted(),
        withheld: withheld.toSorted(),
      }
    }
    const sections = ['comments', 'documents', 'feedback', 'goals', 'interactions', 'knowledge', 'preferences', 'project']
    expect(await shown(task.id, [])).toEqual({ there: [], withheld: sections })
    expect(await shown(before.id, [])).toEqual({ there: [], withheld: sections })
    // Of the blocker its comments and its result are shown by the same rights.
    const each: [section: string, scope: Scope, there: string[]][] = [
      ['comments', 'comments:read', ['comments', 'said']],
      ['documents', 'documents:read', ['documents']],
      ['feedback', 'deliverables:read', ['results']],
      ['goals', 'goals:read', ['goals']],
      ['interactions', 'interactions:read', ['interactions']],
      ['knowledge', 'knowledge:read', ['knowledge']],
      ['preferences', 'preferences:read', ['preferences']],
      ['project', 'projects:read', ['project']],
    ]
    for (const [section, scope, there] of each)
      expect(await shown(task.id, [scope])).toEqual({ there, withheld: sections.filter((other) => other !== section) })
    expect((await shown(before.id, ['deliverables:read'])).there).toEqual(['feedback'])
  })

  it('is what anybody is shown who asks for the context of the task', async () => {
    const world = await open({ contextTokens: 1_000 })
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Count', description: 'Every chair. '.repeat(2_000) })
    await engine.tasks.assign({ taskId: task.id, agentId })
    const told = await contextOf(world, task.id)
    const { task: shown, tokens, omitted } = await engine.tasks.context({ taskId: task.id })
    expect({ task: shown, tokens, omitted }).toEqual({ task: told.task, tokens: told.tokens, omitted: told.omitted })
  })
})
