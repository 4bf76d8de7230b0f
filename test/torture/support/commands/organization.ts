import { openBreaker } from '../../../support/breakers.ts'
import type { Prepare, Scene } from './call.ts'

/** A company of one agent, and a task for it. */
const files = [
  { path: 'COMPANY.md', content: '---\nschema: engine.company/v1\nname: Packed\n---\n' },
  { path: 'agents/ada/AGENTS.md', content: '---\nname: Ada\nrole: writer\n---\n\nBe brief.\n' },
  { path: 'tasks/write/TASK.md', content: '---\ntitle: Write\nassignee: ada\n---\n' },
]

/** Companies, what they aim at, and their agents. */
export const organizationInputs: Readonly<Record<string, Prepare>> = {
  'companies.create': async () => ({ name: 'Another' }),
  'companies.update': async ({ companyId }) => ({ companyId, name: 'Renamed' }),
  'companies.pause': async ({ companyId }) => ({ companyId }),
  'companies.resume': async ({ engine, companyId }) => {
    await engine.companies.pause({ companyId })
    return { companyId }
  },
  'companies.archive': async ({ companyId }) => ({ companyId }),
  'companies.import': async ({ engine }) => ({ files, hash: (await engine.companies.previewImport({ files })).hash }),
  'companies.merge': async ({ engine, companyId }) => ({
    companyId,
    files,
    hash: (await engine.companies.previewMerge({ companyId, files })).hash,
  }),
  'goals.create': async ({ companyId }) => ({ companyId, title: 'Grow' }),
  'goals.update': async ({ engine, companyId }) => {
    const goal = await engine.goals.create({ companyId, title: 'Grow' })
    return { goalId: goal.id, title: 'Grow more' }
  },
  'projects.create': async ({ companyId }) => ({ companyId, name: 'Shop' }),
  'projects.update': async ({ engine, companyId }) => {
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    return { projectId: project.id, status: 'in_progress' }
  },
  'sprints.create': async ({ companyId }) => ({ companyId, name: 'Week 1' }),
  'sprints.update': async ({ engine, companyId }) => {
    const sprint = await engine.sprints.create({ companyId, name: 'Week 1' })
    return { sprintId: sprint.id, status: 'active' }
  },
  'labels.create': async ({ companyId }) => ({ companyId, name: 'urgent' }),
  'labels.update': async ({ engine, companyId }) => {
    const label = await engine.labels.create({ companyId, name: 'urgent' })
    return { labelId: label.id, color: '#aa0000' }
  },
  'labels.delete': async ({ engine, companyId }) => {
    const label = await engine.labels.create({ companyId, name: 'urgent' })
    await engine.tasks.create({ companyId, title: 'Labelled', labels: [label.id] })
    return { labelId: label.id }
  },
  'knowledge.create': async ({ companyId }) => ({ companyId, title: 'House style', body: 'Be brief.', tags: ['style'] }),
  'knowledge.update': async (scene) => ({ knowledgeEntryId: await newEntry(scene), body: 'Be kind.', tags: ['kindness'] }),
  'knowledge.delete': async (scene) => ({ knowledgeEntryId: await newEntry(scene) }),
  'knowledge.storeVectors': async (scene) => {
    const entryId = await newEntry(scene)
    return { companyId: scene.companyId, embedder: 'e', vectors: [{ entryId, version: 1, vector: 'AACAPw==' }] }
  },
  'preferences.set': async ({ companyId }) => ({ companyId, scope: 'company', key: 'report.language', value: 'en' }),
  'preferences.unset': async ({ engine, companyId }) => {
    const preference = await engine.preferences.set({ companyId, scope: 'company', key: 'report.language', value: 'en' })
    return { preferenceId: preference.id }
  },
  'prices.set': async ({ companyId }) => ({ companyId, provider: 'acme', model: 'big', inputMicros: 5, outputMicros: 6 }),
  'prices.remove': async ({ engine, companyId }) => {
    const price = await engine.prices.set({ companyId, provider: 'acme', model: 'big', inputMicros: 5, outputMicros: 6 })
    return { priceId: price.id }
  },
  'agents.create': async ({ companyId }) => ({ companyId, name: 'Newcomer', role: 'worker', adapterType: 'scripted' }),
  'agents.update': async ({ agents }) => ({ agentId: agents[0], title: 'Chief' }),
  'agents.rollback': async ({ engine, agents: [agentId = ''] }) => {
    await engine.agents.update({ agentId, title: 'Chief' })
    return { agentId, revision: 1 }
  },
  'agents.pause': async ({ agents }) => ({ agentId: agents[0] }),
  'agents.resume': async ({ engine, agents: [agentId = ''] }) => {
    await engine.agents.pause({ agentId })
    return { agentId }
  },
  'breakers.close': async ({ engine, companyId }) => ({ breakerId: await openBreaker(engine, { companyId, adapterType: 'scripted' }) }),
  'agents.test': async ({ agents }) => ({ agentId: agents[0] }),
  'agents.invoke': async ({ engine, companyId, agents: [agentId = ''] }) => {
    const task = await engine.tasks.create({ companyId, title: 'Now', assigneeAgentId: agentId, status: 'backlog' })
    return { agentId, taskId: task.id, message: 'Now, please.' }
  },
  'agents.wakeScheduled': async ({ engine, companyId, agents: [agentId = ''] }) => {
    await engine.agents.update({ agentId, schedule: { enabled: true, intervalSec: 30 } })
    return { companyId, agentIds: [agentId] }
  },
  'agents.terminate': async ({ agents }) => ({ agentId: agents[0] }),
}

async function newEntry({ engine, companyId }: Scene): Promise<string> {
  return (await engine.knowledge.create({ companyId, title: 'House style', body: 'Be brief.', tags: ['style'] })).id
}
