import { fileURLToPath } from 'node:url'

import { processAdapter } from '@engine/adapters/process'
import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

// A program that says after each chapter what it has cost: one cent.
const writer = { command: process.execPath, args: [fileURLToPath(new URL('writer.mjs', import.meta.url))] }
const engine = await createEngine({ storage: sqlite(':memory:'), adapters: [processAdapter({ programs: [writer] })] })
const { id: companyId } = await engine.companies.create({ name: 'Books' })
const hire = { name: 'Wanda', role: 'writer', adapterType: 'process', adapterConfig: writer }
const { id: agentId } = await engine.agents.create({ companyId, ...hire })
const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, window: 'lifetime', limitCents: 3 })

const ended = Promise.withResolvers<void>()
const show = async (what: string) => {
  const { spent, limit } = await engine.budgets.get({ budgetId })
  const { status, pauseReason } = await engine.agents.get({ agentId })
  console.log(`${what}: ${spent / 10_000} of ${limit / 10_000} cents, Wanda is ${status}${pauseReason ? ` (${pauseReason})` : ''}`)
}
engine.on('budget.exhausted', async () => {
  await show('stopped at the line')
  await engine.budgets.raise({ budgetId, limitCents: 20 })
  await show('raised')
})
engine.on('task.completed', () => ended.resolve())

await engine.tasks.create({ companyId, title: 'Write five chapters', assigneeAgentId: agentId })
await engine.start()
await ended.promise
await show('done')
await engine.stop()
