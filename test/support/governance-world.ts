import { randomBytes } from 'node:crypto'

import { createEngine, localSecrets, type Engine } from '@engine/core'
import { definePlugin, z } from '@engine/core/plugin'
import { serve } from '@engine/http'
import { notes } from '@engine/plugin-notes'
import { sqlite } from '@engine/storage-sqlite'
import { memoryBlobs, scriptedAdapter, scriptedDestination, until, type ScriptedAdapter, type ScriptedDestination } from '@engine/testing'

export interface GovernanceWorld {
  readonly engine: Engine
  readonly adapter: ScriptedAdapter
  readonly destination: ScriptedDestination
  readonly url: string
  readonly companyId: string
  readonly prefix: string
  readonly agents: { readonly ada: string; readonly rui: string }
  readonly routeId: string
  /** A run that used models and tools and has ended. */
  readonly runId: string
  close(): Promise<void>
}

const greeter = definePlugin({
  id: 'greeter',
  version: '1.2.0',
  engine: '^1',
  title: 'Greeter',
  description: 'Says hello to whoever is hired.',
  configSchema: z.strictObject({ word: z.string().min(2).describe('What it says.'), token: z.string().optional() }),
  secretFields: ['token'],
  subscribe: { hires: { events: ['agent.registered'], handle: async ({ log }) => log.info('said hello', { loudly: false }) } },
})

/** Stands in for a plugin in a process of its own, which works only where its capabilities were approved. */
const asking = definePlugin({
  id: 'asking',
  version: '0.3.0',
  engine: '^1',
  title: 'Asking',
  description: 'Reads tasks and tells a host of them.',
  kind: 'isolated',
  capabilities: { hosts: ['hooks.example.com'], operations: ['tasks.list', 'tasks.get'], events: ['task.completed'] },
})

/** A served company with limits, costs of weeks, routes and what they gave up, people and plugins. */
export async function createGovernanceWorld(board: URL): Promise<GovernanceWorld> {
  const adapter = scriptedAdapter({ metering: 'stream' })
  const destination = scriptedDestination()
  const engine = await createEngine({
    storage: sqlite(':memory:'),
    adapters: [adapter, scriptedAdapter({ type: 'telling-late', metering: 'final' })],
    destinations: [destination],
    plugins: [notes(), greeter, asking],
    blobs: memoryBlobs(),
    secrets: localSecrets({ key: randomBytes(32) }),
    settings: { pollMs: 20, sweepMs: 20, retryBaseMs: 60_000 },
  })
  const { id: companyId, taskPrefix: prefix } = await engine.companies.create({ name: 'Acme Works', description: 'Builds things.' })
  await engine.companies.create({ name: 'Beta Studio' })
  const hire = async (name: string, role: string) =>
    (await engine.agents.create({ companyId, name, role, adapterType: adapter.type, capabilities: [role] })).id
  const agents = { ada: await hire('Ada Byron', 'engineer'), rui: await hire('Rui', 'writer') }
  const seed = { engine, companyId, agents }
  await spend(seed)
  await engine.start()
  const routeId = await send(seed, destination)
  await letIn(seed)
  await engine.plugins.install({ companyId, plugin: 'greeter', config: { word: 'Hello' } })
  const runId = await work(seed, adapter)
  await limit(seed)
  const server = await serve({ engine, port: 0, board })
  const close = async () => {
    await server.close()
    await engine.stop()
  }
  return { engine, adapter, destination, url: server.url, companyId, prefix, agents, routeId, runId, close }
}

interface Seed {
  readonly engine: Engine
  readonly companyId: string
  readonly agents: GovernanceWorld['agents']
}

const dayMs = 86_400_000

/** Three weeks of two models, for two agents and a project. */
async function spend({ engine, companyId, agents }: Seed): Promise<void> {
  const project = await engine.projects.create({ companyId, name: 'New shop' })
  const costs = Array.from({ length: 42 }, (_, at) => ({
    sourceEventId: `invoice ${at}`,
    provider: 'anthropic',
    model: at % 3 === 0 ? 'claude-opus' : 'claude-sonnet',
    inputTokens: 12_000 + at * 700,
    outputTokens: 2_000 + at * 40,
    costMicros: 400_000 + ((at * 7_919) % 11) * 90_000,
    agentId: at % 2 === 0 ? agents.ada : agents.rui,
    occurredAt: new Date(Date.now() - Math.floor(at / 2) * dayMs).toISOString(),
    billingType: 'metered' as const,
    ...(at % 4 === 0 && { projectId: project.id }),
  }))
  await engine.costs.reportMany({ companyId, costs })
}

/** Limits of each state: one with room, one that is nearly used up, and one that was reached. */
async function limit({ engine, companyId, agents }: Seed): Promise<void> {
  const set = (scopeId: string | undefined, scope: 'company' | 'agent', limit: number) =>
    engine.budgets.set({ companyId, scope, window: 'month_utc', metric: 'micros', limit, ...(scopeId !== undefined && { scopeId }) })
  await set(undefined, 'company', 50_000_000)
  await set(agents.ada, 'agent', 12_000_000)
  await set(agents.rui, 'agent', 1_000_000)
  const cost = {
    provider: 'anthropic',
    model: 'claude-sonnet',
    costMicros: 1_200_000,
    agentId: agents.rui,
    billingType: 'metered',
  } as const
  await engine.costs.report({ companyId, sourceEventId: 'too much', ...cost })
}

/** A route whose receiver took one delivery and refused two. */
async function send({ engine, companyId }: Seed, destination: ScriptedDestination): Promise<string> {
  const token = await engine.secrets.create({ companyId, name: 'HOOK_KEY', value: 'whsec_very-secret-value' })
  const config = { to: 'the shop', token: { secret: token.name } }
  const events = ['label.created']
  const { id: routeId } = await engine.routes.create({ companyId, name: 'Shop', events, destinationType: destination.type, config })
  await engine.labels.create({ companyId, name: 'first' })
  const listed = async () => (await engine.deliveries.list({ companyId, routeId })).items
  await until(listed, (items) => items.some(({ status }) => status === 'delivered'))
  destination.script = async () => ({
    kind: 'parked',
    reason: 'The shop answered 410: it is closed.',
    status: 410,
    response: '{"error":"gone"}',
  })
  await engine.labels.create({ companyId, name: 'second' })
  await engine.labels.create({ companyId, name: 'third' })
  await until(listed, (items) => items.filter(({ status }) => status === 'parked').length === 2)
  return routeId
}

async function letIn({ engine, companyId, agents }: Seed): Promise<void> {
  await engine.members.add({ companyId, name: 'Grace Hopper', email: 'grace@example.com', role: 'admin' })
  await engine.members.add({ companyId, name: 'Kim Lee', email: 'kim@example.com', role: 'reviewer' })
  await engine.invites.create({ companyId, role: 'operator', email: 'linus@example.com' })
  await engine.keys.create({ agentId: agents.ada, name: 'Build machine' })
}

async function work({ engine, companyId, agents }: Seed, adapter: ScriptedAdapter): Promise<string> {
  const task = await engine.tasks.create({ companyId, title: 'Find the slow page', priority: 'high' })
  const pay = (outputTokens: number) => ({
    provider: 'anthropic',
    model: 'claude-sonnet',
    inputTokens: 9_000,
    outputTokens,
    costMicros: 41_000,
  })
  adapter.scripts.set(task.id, async (turn) => {
    await turn.emit({ type: 'log', stream: 'stdout', text: 'Looking at the slowest pages first.\n' })
    await turn.emit({ type: 'usage', usage: pay(300) })
    await turn.emit({ type: 'tool_call', name: 'read_file', input: { path: 'src/cart.ts' }, durationMs: 40 })
    await turn.emit({ type: 'tool_call', name: 'run_tests', isError: true, durationMs: 90, output: { code: 1 } })
    await turn.emit({ type: 'usage', usage: pay(900) })
    await turn.emit({ type: 'deliverable', title: 'The slow page', content: '# The cart\n\nIt asks for each price by itself.' })
    return { kind: 'needs_review' }
  })
  await engine.tasks.assign({ taskId: task.id, agentId: agents.ada })
  const runs = async () => (await engine.runs.list({ companyId, status: 'succeeded' })).items
  return (await until(runs, (items) => items.length === 1))[0]?.id ?? ''
}
