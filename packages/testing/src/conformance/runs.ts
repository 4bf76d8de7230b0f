import { expect } from 'vitest'

import { ends, hangs, inTurn } from '../scripted-adapter.ts'
import { until } from '../until.ts'
import { board, expireLease, newCompany, engineGroup, type Company, type World } from './world.ts'

export const runs = engineGroup(
  'runs and the dispatcher',
  {
    'a task is executed from its assignment to its end, with what its agent said on the way': async (world) => {
      const { engine, adapter } = world
      const company = await newCompany(world, 'auto')
      adapter.scripts.set(company.agentId, async ({ emit }) => {
        await emit({ type: 'progress', percent: 50, message: 'half' })
        await emit({ type: 'log', stream: 'stdout', text: 'working\n' })
        await emit({ type: 'log', stream: 'stderr', text: 'a\0b \ud83d' })
        await emit({ type: 'usage', usage: { inputTokens: 10, outputTokens: 5 } })
        await emit({ type: 'usage', usage: { inputTokens: 1, costMicros: 7 } })
        await emit({ type: 'comment', body: 'almost there' })
        return { kind: 'done' }
      })
      const task = await company.newTask({ assigneeAgentId: company.agentId })
      const done = await reaches(world, task.id, 'done')
      expect([done.startedAt, done.completedAt]).not.toContain(null)
      const [run] = await runsOf(world, company, task.id)
      expect(run).toMatchObject({ status: 'succeeded', wakeReasons: ['assignment'], attempt: 1, fence: 1 })
      expect(run?.usage).toMatchObject({ inputTokens: 11, outputTokens: 5, costMicros: 7 })
      expect((await engine.runs.log({ runId: run?.id ?? '' })).items).toMatchObject([
        { sequence: 1, stream: 'stdout', text: 'working\n' },
        { sequence: 2, stream: 'stderr', text: 'a\u2400b \ufffd' },
      ])
      expect((await engine.comments.list({ taskId: task.id })).items).toMatchObject([{ body: 'almost there' }])
    },

    'a task is executed once, however many wait at the same time': async (world) => {
      const { adapter } = world
      const company = await newCompany(world, 'auto')
      const tasks = await Promise.all(Array.from({ length: 20 }, () => company.newTask({ assigneeAgentId: company.agentId })))
      for (const task of tasks) await reaches(world, task.id, 'done')
      const executed = adapter.turns.flatMap(({ context }) => (context.agent.id === company.agentId ? [context.task.id] : []))
      expect(executed.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted())
    },

    'a task goes through review, and wakes once what waited for it': async (world) => {
      const { engine, adapter } = world
      const company = await newCompany(world, 'auto')
      adapter.scripts.set(company.agentId, async ({ context, emit }) => {
        await emit({ type: 'deliverable', title: 'Draft', content: `version ${context.feedback.length + 1}` })
        return { kind: 'needs_review' }
      })
      const first = await company.newTask({ assigneeAgentId: company.agentId })
      const second = await company.newTask({ assigneeAgentId: company.agentId, blockedBy: [first.identifier] })
      const pending = async () => (await engine.deliverables.list({ companyId: company.companyId, status: 'pending' })).items
      const draft = await until(pending, (items) => items.length === 1)
      await reaches(world, first.id, 'in_review')
      const review = engine.as(board).deliverables.review
      await review({ deliverableId: draft[0]?.id ?? '', decision: 'revision_requested', feedback: 'shorter' })
      const revised = await until(pending, (items) => items.length === 1)
      expect((await engine.deliverables.get({ deliverableId: revised[0]?.id ?? '' })).content).toBe('version 2')
      expect(await runsOf(world, company, second.id)).toEqual([])
      await review({ deliverableId: revised[0]?.id ?? '', decision: 'approved' })
      await reaches(world, second.id, 'in_review')
      expect((await runsOf(world, company, second.id)).map((run) => run.wakeReasons)).toEqual([['blockers_resolved']])
    },

    'a task is tried again after a passing failure, and blocked with the reason after the last attempt': async (world) => {
      const { engine, adapter } = world
      const company = await newCompany(world, 'auto')
      adapter.scripts.set(company.agentId, ends({ kind: 'failed', class: 'transient', message: 'the network is gone' }))
      const task = await company.newTask({ assigneeAgentId: company.agentId, maxAttempts: 3 })
      await reaches(world, task.id, 'blocked')
      expect((await runsOf(world, company, task.id)).map((run) => [run.status, run.attempt, run.errorClass])).toEqual([
        ['failed', 1, 'transient'],
        ['failed', 2, 'transient'],
        ['failed', 3, 'transient'],
      ])
      expect((await engine.tasks.get({ taskId: task.id })).blocked?.reason).toBe('3 of 3 attempts failed: the network is gone')
    },

    'a task comes back to another attempt when its worker is gone': async (world) => {
      const { engine } = world
      const company = await newCompany(world, 'manual')
      const agent = await company.hire({ executionMode: 'manual' })
      const task = await company.newTask({ assigneeAgentId: agent.id })
      const { run } = await engine.tasks.checkout({ taskId: task.id })
      await engine.agents.update({ agentId: agent.id, executionMode: 'auto' })
      await expireLease(world, run.id)
      await reaches(world, task.id, 'done')
      expect((await runsOf(world, company, task.id)).map(({ status, attempt, wakeReasons }) => [status, attempt, wakeReasons])).toEqual([
        ['lost', 1, ['manual']],
        ['succeeded', 2, ['retry']],
      ])
    },

    'a task goes on later when its agent says so': async (world) => {
      const { adapter } = world
      const company = await newCompany(world, 'auto')
      adapter.scripts.set(company.agentId, inTurn(ends({ kind: 'continue', afterMs: 10 }), ends({ kind: 'done' })))
      const task = await company.newTask({ assigneeAgentId: company.agentId })
      await reaches(world, task.id, 'done')
      expect((await runsOf(world, company, task.id)).map((run) => run.wakeReasons)).toEqual([['assignment'], ['timer']])
    },

    'a run that is cancelled stops, and its task is open again': async (world) => {
      const { engine, adapter } = world
      const company = await newCompany(world, 'auto')
      adapter.scripts.set(company.agentId, hangs())
      const task = await company.newTask({ assigneeAgentId: company.agentId })
      const [run] = await until(
        () => runsOf(world, company, task.id),
        (items) => items[0]?.status === 'running',
      )
      const turn = await until(
        () => adapter.turns.find(({ context }) => context.run.id === run?.id),
        (begun) => begun !== undefined,
      )
      await engine.as(board).runs.cancel({ runId: run?.id ?? '', reason: 'wrong idea' })
      await until(
        () => turn?.signal.aborted,
        (isAborted) => isAborted === true,
      )
      expect(turn?.signal.reason).toBe('cancelled')
      expect((await engine.tasks.get({ taskId: task.id })).status).toBe('todo')
      expect(await runsOf(world, company, task.id)).toMatchObject([{ status: 'cancelled', errorMessage: 'wrong idea' }])
    },

    'a queued run that cannot start takes no place from work that can': async (world) => {
      const { engine } = world
      const company = await newCompany(world, 'auto')
      const [paused, full] = [await company.hire(), await company.hire({ maxConcurrentRuns: 1 })]
      await engine.agents.pause({ agentId: paused.id })
      const stuck = await company.newTask({ priority: 'critical', assigneeAgentId: paused.id })
      world.adapter.scripts.set(full.id, inTurn(hangs(), ends({ kind: 'done' })))
      const busy = await company.newTask({ priority: 'critical', assigneeAgentId: full.id })
      await reaches(world, busy.id, 'in_progress')
      const waits = await company.newTask({ priority: 'critical', assigneeAgentId: full.id })
      const free = await company.newTask({ priority: 'low', assigneeAgentId: company.agentId })
      await reaches(world, free.id, 'done')
      expect((await runsOf(world, company, stuck.id)).map((run) => run.status)).toEqual(['queued'])
      expect((await runsOf(world, company, waits.id)).map((run) => run.status)).toEqual(['queued'])
      await engine.runs.cancel({ runId: (await runsOf(world, company, busy.id))[0]?.id ?? '' })
      await reaches(world, waits.id, 'done')
    },

    'a deliverable is decided exactly once, however many decide at the same time': async (world) => {
      const { engine } = world
      const company = await newCompany(world)
      for (let round = 0; round < 5; round += 1) {
        const task = await company.newTask({ assigneeAgentId: company.agentId })
        await engine.tasks.checkout({ taskId: task.id })
        const { id: deliverableId } = await engine.deliverables.submit({ taskId: task.id, title: 'Draft', content: 'x' })
        const decisions = (['approved', 'rejected', 'revision_requested'] as const).flatMap((decision) => [decision, decision])
        const answers = await Promise.allSettled(
          decisions.map((decision) => engine.as(board).deliverables.review({ deliverableId, decision, feedback: decision })),
        )
        expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1)
        for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason.code).toBe('illegal_transition')
      }
    },
  },
  { settings: { maxConcurrentRuns: 50 }, isStarted: true },
)

async function runsOf({ engine }: World, { companyId }: Company, taskId: string) {
  return (await engine.runs.list({ companyId, taskId })).items
}

async function reaches({ engine }: World, taskId: string, status: string) {
  return until(
    () => engine.tasks.get({ taskId }),
    (task) => task.status === status,
    30_000,
  )
}
