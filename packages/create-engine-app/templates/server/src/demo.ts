import type { Engine } from '@engine/core'

/** A company for an empty database: one agent that finishes its task, one whose work waits for your review. No model and no key. */
export async function createDemo(engine: Engine): Promise<void> {
  if ((await engine.companies.list({ limit: 1 })).items.length > 0) return
  const { id: companyId } = await engine.companies.create({ name: 'Demo' })
  const agent = { companyId, adapterType: 'echo', role: 'writer' }
  const ada = await engine.agents.create({ ...agent, name: 'Ada', adapterConfig: { review: false } })
  const ben = await engine.agents.create({ ...agent, name: 'Ben', adapterConfig: { prefix: 'Dear customer, ' } })
  await engine.tasks.create({ companyId, title: 'Greet the team', description: 'Hello, everybody.', assigneeAgentId: ada.id })
  await engine.tasks.create({ companyId, title: 'Answer a letter', description: 'thank you for asking.', assigneeAgentId: ben.id })
}
