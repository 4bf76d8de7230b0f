import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { ends } from '@engine/testing'

import { problemsOf } from './support/budgets.ts'
import { scriptedAdapter, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'
import { readLog } from './torture/support/company.ts'

const hourMs = 3_600_000
const cents = 10_000
const overloaded = { kind: 'failed', class: 'overloaded', message: 'busy', retryAfterMs: hourMs } as const

/** Ada, whose provider lets nobody work, with a fallback that tells only at its end what it used and for which no cap is set. */
async function open(family: 'sqlite' | 'postgres') {
  const main = scriptedAdapter({ type: 'main', metering: 'call' })
  const spare = scriptedAdapter({ type: 'spare', metering: 'final' })
  const engine = await createEngine({
    storage: await newStorage(family),
    adapters: [main, spare],
    checksOutputs: true,
    random: () => 0.5,
    settings: { pollMs: 20, sweepMs: 20, retryBaseMs: 1, cooldownBaseMs: 1, stopGraceMs: 500 },
  })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const fallbacks = [{ adapterType: 'spare', adapterConfig: {} }]
  const { id: agentId } = await engine.agents.create({ companyId, name: 'Ada', role: 'writer', adapterType: 'main', fallbacks })
  const { id: projectId } = await engine.projects.create({ companyId, name: 'Shop' })
  main.script = ends(overloaded)
  const give = async (more: object = {}) => (await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId, ...more })).id
  const reaches = (taskId: string, status: string) =>
    until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === status,
    )
  const closeBreaker = async () => {
    const [breaker] = (await engine.breakers.list({ companyId, status: 'open' })).items
    await engine.breakers.close({ breakerId: breaker?.id ?? '' })
  }
  /** What waits for its own provider, and why it says that it does. */
  const waiting = (taskId: string) =>
    until(
      async () => {
        const [run] = (await engine.runs.list({ companyId, taskId, status: 'queued' })).items
        return run ? (await engine.runs.get({ runId: run.id })).next : null
      },
      (next) => next?.code === 'run_cap_required',
    )
  /** Once when it was given, and once after its own provider failed: what waits is not put off again and again. */
  const timesQueued = async (taskId: string) =>
    (await readLog(engine, companyId)).filter(({ type, data }) => type === 'run.queued' && data.taskId === taskId).length
  return { engine, main, spare, companyId, agentId, projectId, give, reaches, closeBreaker, waiting, timesQueued }
}

describe.each(['sqlite', 'postgres'] as const)('a fallback that tells only at its end what it used, on %s', (family) => {
  it.each(['company', 'project'] as const)(
    'is passed over without a cap under a hard limit of a %s: its agent is not in error, and goes on with its own adapter',
    async (scope) => {
      const { engine, main, spare, companyId, agentId, projectId, give, reaches, closeBreaker, waiting, timesQueued } = await open(family)
      const scopeId = scope === 'project' ? projectId : companyId
      const { agentsWithoutCap } = await engine.budgets.set({ companyId, scope, scopeId, limitCents: 100 })
      expect(agentsWithoutCap).toEqual([{ agentId, name: 'Ada', adapterTypes: ['spare'] }])
      const taskId = await give({ projectId })
      await engine.start()
      expect((await waiting(taskId))?.message).toContain('spare tells only at the end')
      // What is not under that limit goes on by the fallback, and nothing keeps its place.
      if (scope === 'project') await reaches(await give(), 'done')
      expect(await timesQueued(taskId)).toBe(2)
      expect(await engine.agents.get({ agentId })).toMatchObject({ status: 'idle', errorCode: null })
      expect(spare.turns).toHaveLength(scope === 'project' ? 1 : 0)
      main.script = ends({ kind: 'done' })
      await closeBreaker()
      await reaches(taskId, 'done')
      expect((await engine.runs.list({ companyId, taskId })).items.map(({ adapter }) => adapter?.type)).not.toContain('spare')
      expect(await problemsOf(engine)).toEqual([])
    },
    20_000,
  )

  it.each(['agent', 'task'] as const)(
    'of a limit of its %s takes over once its agent has a cap, and nothing is put off till then',
    async (scope) => {
      const { engine, spare, companyId, agentId, give, reaches, waiting, timesQueued } = await open(family)
      const taskId = await give()
      await engine.budgets.set({ companyId, scope, scopeId: scope === 'task' ? taskId : agentId, limitCents: 100 })
      await engine.start()
      await waiting(taskId)
      if (scope === 'task') await reaches(await give(), 'done')
      expect(await timesQueued(taskId)).toBe(2)
      await engine.agents.update({ agentId, maxCostMicrosPerRun: 30 * cents })
      await reaches(taskId, 'done')
      expect(spare.turns).toHaveLength(scope === 'task' ? 2 : 1)
      expect(await problemsOf(engine)).toEqual([])
    },
  )
})
