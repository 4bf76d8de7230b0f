import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { Engine } from '@engine/core'

/** Creates the demo company: a goal, three agents and four tasks that wait for each other. They start by themselves. */
export async function createDemoCompany(engine: Engine, given: { root: string }): Promise<void> {
  const company = await engine.companies.create({ name: 'Docs Workshop', taskPrefix: 'DOC', description: 'Keeps the Markdown of a project in order.' })
  const companyId = company.id
  const goal = await engine.goals.create({
    companyId,
    title: 'Every link leads somewhere and every page has an outline',
    description: 'Readers of our documentation never hit a dead end.',
  })
  await hire(engine, companyId)
  const context = (job: string) => ({ job, root: given.root })
  const task = (title: string, job: string, blockedBy: string[], criterion: string) =>
    engine.tasks.create({
      companyId,
      goalId: goal.id,
      title,
      requiredCapabilities: [job],
      blockedBy,
      acceptanceCriteria: [criterion],
      context: context(job),
    })
  const inventory = await task('Take stock of the Markdown', 'inventory', [], 'Every file is counted')
  const links = await task('Check every link', 'links', [inventory.id], 'Every relative link and anchor is resolved')
  const headings = await task('Check every heading', 'headings', [inventory.id], 'Every page has one title and no skipped level')
  await task('Write the report', 'report', [links.id, headings.id], 'A person can act on it without asking back')
}

async function hire(engine: Engine, companyId: string): Promise<void> {
  const worker = { companyId, adapterType: 'process', adapterConfig: { command: process.execPath, args: [programPath()] } }
  const lead = await engine.agents.create({ ...worker, name: 'Lena', role: 'lead', title: 'Plans the work', capabilities: ['inventory'] })
  await engine.agents.create({ ...worker, name: 'Rui', role: 'reviewer', title: 'Reads closely', reportsTo: lead.id, capabilities: ['links', 'headings'] })
  await engine.agents.create({ ...worker, name: 'Wanda', role: 'writer', title: 'Writes it up', reportsTo: lead.id, capabilities: ['report'] })
}

/** The program that the agents run: beside the built command, or in the examples when run from sources. */
function programPath(): string {
  const built = fileURLToPath(new URL('./markdown-audit/agent.mjs', import.meta.url))
  return existsSync(built) ? built : fileURLToPath(new URL('../../../examples/markdown-audit/agent.mjs', import.meta.url))
}
