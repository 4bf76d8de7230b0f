import { describe, expect, it, onTestFinished } from 'vitest'

import { systemActor } from '@engine/core'
import { ends } from '@engine/testing'

import { openBreaker } from './support/breakers.ts'
import { board, createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const often = { enabled: true, intervalSec: 60 }

async function open(database: string) {
  const storage = await newStorage(database)
  const world = await createWorld({ storage, settings: { pollMs: 20, sweepMs: 20, retryBaseMs: 1 } })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId, adapter } = world
  const { query, table } = storage.watch
  return {
    ...world,
    hire: async (name: string, more: object = {}) =>
      (await engine.agents.create({ companyId, name, role: 'writer', adapterType: adapter.type, schedule: often, ...more })).id,
    give: async (title: string, more: object = {}) => (await engine.tasks.create({ companyId, title, ...more })).id,
    /** The tasks for which its schedule woke it. */
    timed: async (agentId: string) =>
      (await engine.runs.list({ companyId, agentId })).items
        .filter((run) => run.wakeReasons.join() === 'timer')
        .map(({ taskId }) => taskId),
    runsOf: async (agentId: string) => (await engine.runs.list({ companyId, agentId })).items,
    /** As if the interval of every schedule had passed. */
    pass: async () =>
      void (await query(`update ${table('agents')} set wakes_at = ? where wakes_at is not null`, ['2001-01-01T00:00:00.000Z'])),
    /** What the loop does when it sees these agents. */
    look: async (...agentIds: string[]) => engine.execute('agents.wakeScheduled', { input: { companyId, agentIds }, actor: systemActor }),
    eventsOf: async () => (await engine.events.list({ companyId })).items.length,
  }
}

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  describe('an agent with a schedule', () => {
    it('is woken for the most urgent task that it could take, once in its interval', async () => {
      const { engine, hire, give, timed, pass, look } = await open(database)
      const kim = await hire('Kim', { capabilities: ['ink'] })
      const later = await give('Later', { priority: 'low' })
      const unable = await give('Unable', { priority: 'critical', requiredCapabilities: ['paint'] })
      const urgent = await give('Urgent', { priority: 'high', requiredCapabilities: ['ink'] })
      // Its routing gave it to Kim.
      await engine.tasks.assign({ taskId: urgent, agentId: null })
      // Its interval is not over yet.
      expect(await look(kim)).toEqual({ woken: 0 })
      await engine.start()
      await pass()
      await until(
        () => engine.tasks.get({ taskId: urgent }),
        ({ status }) => status === 'done',
      )
      expect(await timed(kim)).toEqual([urgent])
      expect(Date.parse((await engine.agents.get({ agentId: kim })).wakesAt ?? '') - Date.now()).toBeGreaterThan(30_000)
      expect((await engine.tasks.get({ taskId: later })).status).toBe('todo')
      await pass()
      await until(
        () => engine.tasks.get({ taskId: later }),
        ({ status }) => status === 'done',
      )
      expect((await engine.tasks.get({ taskId: unable })).status).toBe('todo')
      expect(await timed(kim)).toEqual([urgent, later])
    })

    it('starts nothing, and nothing is written, while there is no task that it could take', async () => {
      const { engine, hire, give, runsOf, timed, pass, look, eventsOf } = await open(database)
      const kim = await hire('Kim')
      const blocker = await give('First', { requiredCapabilities: ['paint'] })
      await give('Waits', { blockedBy: [blocker] })
      await give('Another’s', { assigneeAgentId: await hire('Lee', { executionMode: 'manual' }) })
      const held = await give('Held')
      await engine.tasks.pauseSubtree({ taskId: held })
      await give('In the backlog', { status: 'backlog' })
      await pass()
      const before = await eventsOf()
      expect(await look(kim)).toEqual({ woken: 0 })
      expect(await runsOf(kim)).toEqual([])
      expect(await eventsOf()).toBe(before)
      expect((await engine.agents.get({ agentId: kim })).wakesAt).toBe('2001-01-01T00:00:00.000Z')
      // The loop sees the same: an agent that has something to do is woken beside it.
      const able = await hire('Max', { capabilities: ['paint'] })
      await engine.tasks.assign({ taskId: blocker, agentId: null })
      await pass()
      await engine.start()
      await until(
        () => engine.tasks.get({ taskId: blocker }),
        ({ status }) => status === 'done',
      )
      expect(await timed(able)).toContain(blocker)
    })

    it('gets nothing more while what it has waits to start, and each of two agents gets a task of its own', async () => {
      const { engine, companyId, hire, give, runsOf, pass, look } = await open(database)
      const [kim, lee] = [await hire('Kim'), await hire('Lee')]
      await openBreaker(engine, { companyId, adapterType: 'scripted' })
      const tasks = [await give('One'), await give('Two'), await give('Three')]
      await pass()
      expect(await look(kim, lee)).toEqual({ woken: 2 })
      const taken = [...(await runsOf(kim)), ...(await runsOf(lee))].map(({ taskId }) => taskId)
      expect(taken.toSorted()).toEqual(tasks.slice(0, 2).toSorted())
      // Due again, with a third task to take: the loop passes them over, and wakes Max.
      await pass()
      const max = await hire('Max')
      await pass()
      await engine.start()
      await until(
        () => runsOf(max),
        (runs) => runs.length === 1,
      )
      expect([(await runsOf(kim)).length, (await runsOf(lee)).length]).toEqual([1, 1])
    })

    it('is woken once by two that look at the same moment', async () => {
      const { hire, give, runsOf, pass, look } = await open(database)
      const kim = await hire('Kim')
      await give('One')
      await give('Two')
      await pass()
      const looks = await Promise.allSettled([look(kim), look(kim), look(kim)])
      expect(looks.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
      expect(await runsOf(kim)).toHaveLength(1)
    })

    it.each([
      [
        'is paused',
        (engine: Awaited<ReturnType<typeof open>>['engine'], ids: { kim: string }) => engine.agents.pause({ agentId: ids.kim }),
      ],
      ['works by hand', (engine, ids) => engine.agents.update({ agentId: ids.kim, executionMode: 'manual' })],
      [
        'has its schedule switched off',
        (engine, ids) => engine.agents.update({ agentId: ids.kim, schedule: { ...often, enabled: false } }),
      ],
    ] satisfies [string, (engine: Awaited<ReturnType<typeof open>>['engine'], ids: { kim: string }) => Promise<unknown>][])(
      'is not woken while it %s',
      async (_, stops) => {
        const { engine, companyId, hire, give, runsOf, pass } = await open(database)
        const kim = await hire('Kim')
        await stops(engine, { kim })
        await give('One')
        await give('Two')
        const lee = await hire('Lee')
        await pass()
        await engine.start()
        await until(
          () => runsOf(lee),
          (runs) => runs.length > 0,
        )
        expect(await runsOf(kim)).toEqual([])
        expect((await engine.runs.list({ companyId })).items).toHaveLength(1)
      },
    )

    it('has its schedule in its revisions, between 30 seconds and 30 days', async () => {
      const { engine, hire } = await open(database)
      const agentId = await hire('Kim')
      const next = await engine.agents.update({ agentId, schedule: { enabled: true, intervalSec: 3_600 } })
      expect(next).toMatchObject({ schedule: { enabled: true, intervalSec: 3_600 }, revision: 2 })
      expect(await engine.agents.rollback({ agentId, revision: 1 })).toMatchObject({ schedule: often, revision: 3 })
      expect(await engine.agents.update({ agentId, schedule: null })).toMatchObject({ schedule: null, wakesAt: null })
      for (const intervalSec of [29, 2_592_001, 60.5]) {
        expect(await errorOf(engine.agents.update({ agentId, schedule: { enabled: true, intervalSec } }))).toMatchObject({
          code: 'invalid_input',
        })
      }
    })
  })

  describe('an agent that is invoked', () => {
    it('starts its most urgent task, also one that waited for its retry, and says so when there is none', async () => {
      const { engine, companyId, agentId, adapter, give } = await open(database)
      const refused = await errorOf(engine.agents.invoke({ agentId }))
      expect(refused).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('has nothing to start') })
      const open1 = await give('Of nobody')
      const run = await engine.agents.invoke({ agentId })
      expect(run).toMatchObject({ taskId: open1, status: 'queued', wakeReasons: ['manual'] })
      adapter.script = ends({ kind: 'continue', afterMs: 3_600_000 })
      await engine.start()
      const waiting = await until(
        async () => (await engine.runs.list({ companyId, taskId: open1, status: 'queued' })).items[0],
        (queued) => queued?.wakeReasons.includes('timer') === true,
      )
      adapter.script = ends({ kind: 'done' })
      expect((await engine.agents.invoke({ agentId, taskId: open1 })).id).toBe(waiting?.id)
      await until(
        () => engine.tasks.get({ taskId: open1 }),
        ({ status }) => status === 'done',
      )
    })

    it('is told a message, which stands on the task as a comment of who said it', async () => {
      const { engine, companyId, agentId, adapter, give } = await open(database)
      const taskId = await give('Write', { assigneeAgentId: agentId, status: 'backlog' })
      const { identifier } = await engine.tasks.get({ taskId })
      const run = await engine.as(board).agents.invoke({ agentId, taskId: identifier, message: 'The figures of **March**, please.' })
      expect(run.wakeReasons).toContain('message')
      await engine.start()
      await until(
        () => engine.tasks.get({ taskId }),
        ({ status }) => status === 'done',
      )
      expect(adapter.turns[0]?.context).toMatchObject({
        comments: [{ author: 'user:board', origin: 'person', body: 'The figures of **March**, please.' }],
        run: { wakeReasons: expect.arrayContaining(['message']) },
      })
      expect((await engine.runs.list({ companyId })).items).toHaveLength(1)
    })

    it('is refused as a checkout is, and starts what it has no room for later', async () => {
      const { engine, companyId, agentId, give, hire } = await open(database)
      const blocker = await give('First', { assigneeAgentId: await hire('Lee', { executionMode: 'manual' }) })
      const blocked = await give('Waits', { blockedBy: [blocker], assigneeAgentId: agentId })
      for (const taskId of [blocker, blocked]) {
        const said = await errorOf(engine.tasks.checkout({ taskId, agentId }))
        expect(await errorOf(engine.agents.invoke({ agentId, taskId }))).toMatchObject({ code: said.code, message: said.message })
      }
      const live = await give('Live')
      await engine.tasks.checkout({ taskId: live, agentId })
      expect(await errorOf(engine.agents.invoke({ agentId, taskId: live }))).toMatchObject({ code: 'checkout_conflict' })
      await engine.agents.update({ agentId, maxConcurrentRuns: 1 })
      const next = await give('Next')
      expect(await engine.agents.invoke({ agentId, taskId: next })).toMatchObject({ taskId: next, status: 'queued' })
      await engine.agents.pause({ agentId })
      expect(await errorOf(engine.agents.invoke({ agentId, taskId: next }))).toMatchObject({ code: 'agent_unavailable' })
      const { id: userId } = await engine.agents.create({ companyId, name: 'Rita', role: 'editor', executionMode: 'human' })
      expect(await errorOf(engine.agents.invoke({ agentId: userId }))).toMatchObject({ code: 'rule_violated' })
      expect(await errorOf(engine.agents.invoke({ agentId, taskId: 'ACM-999' }))).toMatchObject({ code: 'rule_violated' })
    })
  })

  describe('a run that asked to look again after an hour', () => {
    it('starts at once for a comment, and not for another look', async () => {
      const { engine, companyId, agentId, adapter, give } = await open(database)
      adapter.script = ends({ kind: 'continue', afterMs: 3_600_000 })
      const taskId = await give('Watch', { assigneeAgentId: agentId })
      await engine.start()
      await until(
        () => engine.tasks.get({ taskId }),
        ({ status }) => status === 'todo' && adapter.turns.length === 1,
      )
      adapter.script = ends({ kind: 'done' })
      await engine.as(board).comments.create({ taskId, body: 'It is there now.' })
      await until(
        () => engine.tasks.get({ taskId }),
        ({ status }) => status === 'done',
      )
      expect((await engine.runs.list({ companyId, taskId })).items.at(-1)?.wakeReasons).toEqual(['timer', 'comment'])
    })
  })

  describe('a run that waits for its retry', () => {
    it('goes on waiting whatever is said, and starts when a person wants it', async () => {
      const storage = await newStorage(database)
      const { engine, companyId, agentId, adapter } = await createWorld({
        storage,
        random: () => 1,
        settings: { pollMs: 20, sweepMs: 20, retryBaseMs: 3_600_000, retryCapMs: 3_600_000 },
      })
      onTestFinished(() => engine.stop())
      adapter.script = ends({ kind: 'failed', class: 'transient', message: 'no paper' })
      const { id: taskId } = await engine.tasks.create({ companyId, title: 'Print', assigneeAgentId: agentId })
      await engine.start()
      const queued = () => engine.runs.list({ companyId, taskId, status: 'queued' }).then(({ items }) => items[0])
      const waiting = await until(queued, (run) => run?.wakeReasons.includes('retry') === true)
      await engine.as(board).comments.create({ taskId, body: 'Try again?' })
      expect(await queued()).toMatchObject({ wakeReasons: ['retry', 'comment'], availableAt: waiting?.availableAt })
      adapter.script = ends({ kind: 'done' })
      await engine.agents.invoke({ agentId, taskId })
      await until(
        () => engine.tasks.get({ taskId }),
        ({ status }) => status === 'done',
      )
    })
  })
})
