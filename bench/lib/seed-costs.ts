import { createEngine } from '@engine/core'

import { benchAdapter } from './adapter.ts'
import { newId } from './id.ts'
import { copies, readTemplate, type SeedTarget, type StoredRow } from './seed-target.ts'

const days = 60
const dayMs = 86_400_000
const models = 8

export interface CostSeed {
  readonly companyId: string
  readonly agentId: string
  readonly projectId: string
  readonly taskId: string
}

/** Fills an empty database with a company that spent something many times in two months, and with the sums of many others. */
export async function seedCosts(target: SeedTarget, size: { events: number }): Promise<CostSeed> {
  const engine = await createEngine({ storage: target.storage, adapters: [benchAdapter] })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const agents: string[] = []
  for (let index = 0; index < 20; index += 1)
    agents.push(
      (
        await engine.agents.create({
          companyId,
          name: `A ${index}`,
          role: 'writer',
          adapterType: benchAdapter.type,
          executionMode: 'manual',
        })
      ).id,
    )
  const project = await engine.projects.create({ companyId, name: 'Shop' })
  const many = await engine.tasks.createMany({ companyId, tasks: Array.from({ length: 50 }, (_, index) => ({ title: `T ${index}` })) })
  const tasks = many.items.flatMap((item) => (item.status === 'created' ? [item.task.id] : []))
  const cost = { provider: 'anthropic', model: 'model-0', inputTokens: 100, outputTokens: 20, costMicros: 500 }
  const first = await engine.costs.report({ companyId, projectId: project.id, sourceEventId: 'first', ...cost })
  const template = await readTemplate(target, 'cost_events', first.id)
  const until = Date.now()
  const changed = (index: number): StoredRow => ({
    id: newId(until),
    source_event_id: `event ${index}`,
    agent_id: agents[index % agents.length],
    task_id: tasks[index % tasks.length],
    model: `model-${index % models}`,
    occurred_at: new Date(until - Math.floor((index / size.events) * days * dayMs)).toISOString(),
  })
  await target.insert('cost_events', copies(template, size.events, changed))
  await addOthers(target, companyId)
  // Adds what is missing to the sums.
  await engine.repair()
  await engine.stop()
  await target.refreshStatistics()
  return { companyId, agentId: agents[0] ?? '', projectId: project.id, taskId: tasks[0] ?? '' }
}

/** Sums of companies beside it: a table of few rows would be read whole. */
async function addOthers(target: SeedTarget, companyId: string): Promise<void> {
  const [company = {}] = await target.read(`select * from ${target.table('companies')} where id = '${companyId}'`)
  const others = Array.from({ length: 100 }, (_, index) => ({ ...company, id: newId(Date.now()), task_prefix: `O${index}` }))
  await target.insert('companies', others)
  const amounts = { events: 0, unpriced: 0, input_tokens: 0, output_tokens: 0, cached_input_tokens: 0, cost_micros: 0 }
  const rows = others.flatMap(({ id }) =>
    Array.from({ length: 200 }, (_, index) => ({
      company_id: id,
      scope: ['day', 'month', 'agent', 'project', 'model', 'task'][index % 6],
      period: '',
      subject: newId(Date.now()),
      billing_type: 'unknown',
      is_imputed: 0,
      shard: 0,
      ...amounts,
    })),
  )
  await target.insert('cost_totals', rows)
}
