import { randomBytes } from 'node:crypto'

import { httpAdapter } from '@engine/adapters/http'
import { createEngine, localSecrets, type Engine } from '@engine/core'
import { serve } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'
import { memoryBlobs, scriptedAdapter, until, type ScriptedAdapter } from '@engine/testing'

export interface BoardWorld {
  readonly engine: Engine
  readonly adapter: ScriptedAdapter
  readonly url: string
  readonly companyId: string
  readonly prefix: string
  readonly agents: { readonly ada: string; readonly rui: string }
  /** Identifiers of tasks by what they show. */
  readonly tasks: { readonly reviewed: string; readonly failed: string; readonly open: string; readonly draft: string }
  readonly runId: string
  close(): Promise<void>
}

const report = `# Migration plan

The database moves in **three steps**. Nothing is down while it does.

| Step | Takes | Can be undone |
| --- | --- | --- |
| Copy | 2 h | yes |
| Follow | 1 d | yes |
| Switch | 5 min | for a day |

1. Copy the tables while the old ones are written to.
2. Follow the changes until both agree.
3. Switch the readers, then the writers.

\`\`\`sql
select count(*) from tasks where moved_at is null
\`\`\`
`

/** A served company in the middle of its work: something waits, something runs, something failed, something is done. */
export async function createBoardWorld(board: URL): Promise<BoardWorld> {
  const adapter = scriptedAdapter()
  const engine = await createEngine({
    storage: sqlite(':memory:'),
    adapters: [adapter, httpAdapter()],
    blobs: memoryBlobs(),
    secrets: localSecrets({ key: randomBytes(32) }),
    settings: { pollMs: 20, sweepMs: 20, retryBaseMs: 60_000 },
  })
  const { id: companyId, taskPrefix: prefix } = await engine.companies.create({ name: 'Acme Works', description: 'Builds things.' })
  await engine.companies.create({ name: 'Beta Studio' })
  const hire = async (name: string, role: string, executionMode: 'auto' | 'manual') => {
    const instructions = `You are **${name}**.`
    const given = { companyId, name, role, instructions, executionMode, adapterType: adapter.type, capabilities: [role] }
    return (await engine.agents.create(given)).id
  }
  const agents = { ada: await hire('Ada Byron', 'engineer', 'manual'), rui: await hire('Rui', 'writer', 'auto') }
  const seed = {
    engine,
    companyId,
    goalId: (await engine.goals.create({ companyId, title: 'The shop never stands still' })).id,
    ada: agents.ada,
  }
  await engine.start()
  const failed = await failOnce(seed, { adapter, agentId: agents.rui })
  const tasks = { ...(await createTasks(seed)), failed: failed.identifier }
  const server = await serve({ engine, port: 0, board })
  const close = async () => {
    await server.close()
    await engine.stop()
  }
  return { engine, adapter, url: server.url, companyId, prefix, agents, tasks, runId: failed.runId, close }
}

interface Seed {
  readonly engine: Engine
  readonly companyId: string
  readonly goalId: string
  readonly ada: string
}

/** A run that said something, cost something and failed. */
async function failOnce(seed: Seed, { adapter, agentId }: { adapter: ScriptedAdapter; agentId: string }) {
  const { engine, companyId, goalId } = seed
  const task = await engine.tasks.create({ companyId, goalId, title: 'Translate the manual', priority: 'high' })
  const usage = { provider: 'anthropic', model: 'claude-sonnet', inputTokens: 12_400, outputTokens: 2_100, costMicros: 68_700 }
  adapter.scripts.set(task.id, async (turn) => {
    await turn.emit({ type: 'log', stream: 'stdout', text: 'Reading 214 pages…\n' })
    await turn.emit({ type: 'usage', usage })
    await turn.emit({ type: 'log', stream: 'stderr', text: 'The model refused page 17.\n' })
    return { kind: 'failed', class: 'refused', message: 'The model refused to translate page 17.' }
  })
  await engine.tasks.assign({ taskId: task.id, agentId })
  const failed = async () => (await engine.runs.list({ companyId, status: 'failed' })).items[0]
  const run = await until(failed, (found) => found !== undefined)
  return { identifier: task.identifier, runId: run?.id ?? '' }
}

async function createTasks({ engine, companyId, goalId, ada }: Seed) {
  const create = (title: string, more: object = {}) => engine.tasks.create({ companyId, goalId, title, ...more })
  const reviewed = await create('Plan the migration', {
    priority: 'critical',
    assigneeAgentId: ada,
    description: 'The old database is full. Say how we leave it.',
    acceptanceCriteria: ['Nothing is down for more than a minute', 'Each step can be undone'],
  })
  await submitTwice(engine, { taskId: reviewed.id, agentId: ada })
  const open = await create('Write the release notes', { assigneeAgentId: ada })
  const draft = await create('Look into the slow search', { status: 'backlog', priority: 'low' })
  await create('Order more paper', { priority: 'low' })
  const choices = ['Developers', 'Everybody'].map((label) => ({ key: label.toLowerCase(), label }))
  await engine.interactions.ask({ taskId: open.id, ask: { kind: 'question', prompt: 'Which audience are the notes for?', choices } })
  const payload = { environment: 'production', window: '14:00–15:00' }
  await engine.approvals.request({
    companyId,
    type: 'custom',
    subject: 'Deploy on Friday',
    payload,
    reason: 'The customer waits for the fix.',
  })
  await engine.comments.create({ taskId: reviewed.id, body: 'Please keep the **read** path fast.' })
  await engine.documents.put({ taskId: reviewed.id, key: 'plan', title: 'Plan', body: '# Plan\n\nCopy, follow, switch.' })
  const budget = { scope: 'company', scopeId: companyId, window: 'month_utc', metric: 'micros', limit: 50_000_000 } as const
  await engine.budgets.set({ companyId, ...budget })
  return { reviewed: reviewed.identifier, open: open.identifier, draft: draft.identifier }
}

/** A first version that was sent back, and the one that waits now. */
export async function submitTwice(engine: Engine, { taskId, agentId }: { taskId: string; agentId: string }): Promise<void> {
  const first = await engine.tasks.checkout({ taskId, agentId })
  const version = await engine.deliverables.submit({
    taskId,
    title: 'Migration plan',
    content: report.replace('Nothing is down while it does.', 'It is down for an hour.'),
  })
  await engine.runs.cancel({ runId: first.run.id })
  await engine.deliverables.review({ deliverableId: version.id, decision: 'revision_requested', feedback: 'An hour is too long.' })
  const second = await engine.tasks.checkout({ taskId, agentId })
  await engine.deliverables.submit({ taskId, title: 'Migration plan', summary: 'Now without downtime.', content: report })
  await engine.runs.cancel({ runId: second.run.id })
}
