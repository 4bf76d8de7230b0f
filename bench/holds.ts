import { createEngine, type Engine, type RunActor } from '@engine/core'
import { postgres } from '@engine/storage-postgres'

import { benchAdapter } from './lib/adapter.ts'
import { callersVariant, prepared } from './lib/callers.ts'
import { calibrate, interleave, type BenchOptions, type Variant } from './lib/measure.ts'
import { withPostgres, type BenchServer } from './lib/pg.ts'
import { comparisonColumns, comparisonRow, problemsRow, type Report } from './lib/report.ts'

const callers = 16

/** How fast money is held and paid when all of it comes from one budget: what slices of a limit would have to beat (docs/budgets.md). */
export async function benchHolds({ rounds, ms }: BenchOptions): Promise<Report> {
  return withPostgres(async (server) => {
    const spread = await spenders(server, 'agent')
    const hot = await spenders(server, 'company')
    const variants = [spread.variant, hot.variant]
    const operations: number[] = []
    for (const variant of variants) operations.push(await calibrate(variant, { trial: 64, ms, callers, most: 5_000 }))
    const [baseline, measured] = await interleave(variants, { rounds, operations })
    if (!baseline || !measured) throw new Error('nothing was measured')
    const problems = [...(await spread.problems()), ...(await hot.problems())]
    const rows = [
      comparisonRow(baseline, { baseline }),
      comparisonRow(measured, { baseline }),
      problemsRow('what is held and spent', { goal: 'P7', figure: 'wrong sums', problems }),
    ]
    return { bench: `holds: a call is reserved and paid, ${callers} runs at once, on Postgres`, columns: comparisonColumns, rows }
  })
}

/** A run for each of some agents, under one budget of the company or one of each agent. */
async function spenders(server: BenchServer, scope: 'company' | 'agent') {
  const storage = postgres(await server.createDatabase(`holds_${scope}`), { maxConnections: callers })
  const engine = await createEngine({ storage, adapters: [benchAdapter], settings: { leaseMs: 3_600_000 } })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const terms = { companyId, metric: 'tokens', window: 'lifetime', limit: 1_000_000_000_000 } as const
  if (scope === 'company') await engine.budgets.set({ ...terms, scope })
  const runs: RunActor[] = []
  for (let index = 0; index < callers; index += 1) {
    const agent = await engine.agents.create({
      companyId,
      name: `Agent ${index}`,
      role: 'worker',
      adapterType: 'bench',
      executionMode: 'manual',
    })
    if (scope === 'agent') await engine.budgets.set({ ...terms, scope, scopeId: agent.id })
    runs.push(await checkedOut(engine, companyId, agent.id))
  }
  const call = async (_operation: number, caller: number) => {
    const run = prepared(runs, caller)
    const api = engine.as(run)
    const { holdId } = await api.budgets.reserve({ runId: run.id, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: 100 })
    await api.costs.settle({ runId: run.id, ...(holdId !== null && { holdId }), usage: { outputTokens: 50 } })
  }
  const name = scope === 'company' ? 'one budget over all of them' : 'a budget for each agent'
  const variant: Variant = callersVariant({ name, callers, call, serverCpuUs: server.cpuUs })
  async function problems(): Promise<string[]> {
    const { checks } = await engine.verify()
    await engine.stop()
    return checks.flatMap((check) => check.violations.map(({ problem }) => problem))
  }
  return { variant, problems }
}

async function checkedOut(engine: Engine, companyId: string, agentId: string): Promise<RunActor> {
  const task = await engine.tasks.create({ companyId, title: 'Spend', assigneeAgentId: agentId })
  const { credential } = await engine.tasks.checkout({ taskId: task.id, agentId })
  const actor = await engine.authenticate(credential ?? '')
  if (actor?.kind !== 'run') throw new Error('the engine does not know the credential that it gave')
  return actor
}
