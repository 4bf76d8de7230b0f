import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { Engine } from '@engine/core'

/** What the demo company's settings say until all of it is there. */
interface Unfinished {
  readonly root: string
  readonly program: string
}

/** The folder that an unfinished demo company was made for: its creation was interrupted, and goes on from there. */
export async function findUnfinishedDemo(engine: Engine): Promise<Unfinished | null> {
  const { items } = await engine.companies.list({ limit: 100 })
  const { root, program } = Object(items.find((company) => company.settings['demo'])?.settings['demo'])
  return typeof root === 'string' && typeof program === 'string' ? { root, program } : null
}

/**
 * Creates the demo company: a goal, three agents and four tasks that wait for each other; they start by themselves.
 * Each step has an idempotency key, so after an interruption the whole is asked for again and only the rest is made.
 */
export async function createDemoCompany(engine: Engine, demo: Unfinished): Promise<void> {
  const { id: companyId } = await engine.companies.create(
    { name: 'Docs Workshop', taskPrefix: 'DOC', description: 'Keeps the Markdown of a project in order.', settings: { demo: { ...demo } } },
    step('company'),
  )
  const goal = await engine.goals.create(
    {
      companyId,
      title: 'Every link leads somewhere and every page has an outline',
      description: 'Readers of our documentation never hit a dead end.',
    },
    step('goal'),
  )
  await hire(engine, companyId, demo)
  await assignWork(engine, { companyId, goalId: goal.id, root: demo.root })
  await engine.companies.update({ companyId, settings: {} })
}

async function assignWork(engine: Engine, scope: { companyId: string; goalId: string; root: string }): Promise<void> {
  const { companyId, goalId, root } = scope
  const task = (job: string, what: { title: string; criterion: string; blockedBy: string[] }) =>
    engine.tasks.create(
      {
        companyId,
        goalId,
        title: what.title,
        requiredCapabilities: [job],
        blockedBy: what.blockedBy,
        acceptanceCriteria: [what.criterion],
        context: { job, root },
      },
      step(job),
    )
  const inventory = await task('inventory', { title: 'Take stock of the Markdown', criterion: 'Every file is counted', blockedBy: [] })
  const checks = [
    await task('links', { title: 'Check every link', criterion: 'Every relative link and anchor is resolved', blockedBy: [inventory.id] }),
    await task('headings', {
      title: 'Check every heading',
      criterion: 'Every page has one title and no skipped level',
      blockedBy: [inventory.id],
    }),
  ]
  const blockedBy = [inventory, ...checks].map((before) => before.id)
  await task('report', { title: 'Write the report', criterion: 'A person can act on it without asking back', blockedBy })
}

async function hire(engine: Engine, companyId: string, { program }: Unfinished): Promise<void> {
  const worker = { companyId, adapterType: 'process', adapterConfig: { command: process.execPath, args: [program] } }
  const lead = await engine.agents.create(
    { ...worker, name: 'Lena', role: 'lead', title: 'Plans the work', capabilities: ['inventory'] },
    step('Lena'),
  )
  const team = { ...worker, reportsTo: lead.id }
  await engine.agents.create(
    { ...team, name: 'Rui', role: 'reviewer', title: 'Reads closely', capabilities: ['links', 'headings'] },
    step('Rui'),
  )
  await engine.agents.create({ ...team, name: 'Wanda', role: 'writer', title: 'Writes it up', capabilities: ['report'] }, step('Wanda'))
}

function step(name: string) {
  return { idempotencyKey: `demo company: ${name}` }
}

/** The program that the agents run: beside the built command, or in the examples when run from sources. */
export function programPath(): string {
  const built = fileURLToPath(new URL('./markdown-audit/agent.mjs', import.meta.url))
  return existsSync(built) ? built : fileURLToPath(new URL('../../../examples/markdown-audit/agent.mjs', import.meta.url))
}
