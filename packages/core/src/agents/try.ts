import { setTimeout as sleep } from 'node:timers/promises'

import { z } from 'zod'

import { isExecuted } from '../kernel/adapters.ts'
import { assertNotArchived } from '../kernel/archive.ts'
import { shownChecks } from '../kernel/checks.ts'
import { command, type PrepareContext } from '../kernel/command.ts'
import { EngineError, notFound, ruleViolated } from '../kernel/errors.ts'
import { messageOf } from '../kernel/failure.ts'
import { Id } from '../kernel/schema.ts'
import type { AdapterTestReport } from '../ports/adapter.ts'
import { openConfiguration, type OpenedConfiguration } from '../secrets/open.ts'
import { agentRef, requireAgent } from './change.ts'
import { AgentTest } from './schema.ts'
import { findAgent } from './sql.ts'
import type { AgentTable } from './table.ts'

type Check = AdapterTestReport['checks'][number]

/** What was found, before it is recorded. */
type Tried = Pick<AgentTest, 'revision' | 'adapterType' | 'checks'> & { readonly secrets: readonly string[] }

export const test = command({
  title: "Try an agent's configuration without working on a task",
  description:
    'Its secrets are opened as for a run, and its adapter looks whether program, server and key are there. What it says names no secret. The event names the secrets that were opened.',
  input: z.strictObject({ agentId: Id }),
  output: AgentTest,
  access: { scope: 'agents:manage', company: 'agent' },
  http: ['POST', '/agents/:agentId/test'],
  needsOwnTransaction: 'programs and servers are asked',
  async prepare(context, { agentId }): Promise<Tried> {
    await assertNotArchived(context.db, context.companyId)
    const agent = await findAgent(context.db, agentId)
    if (agent?.company_id !== context.companyId) throw notFound('agent', agentId)
    refuseUntestable(agent)
    return tryAgent(context, agent)
  },
  async handle(context, { agentId }, { revision, adapterType, checks, secrets }) {
    const agent = await requireAgent(context, agentId)
    const failed = checks.filter(({ status }) => status === 'failed').map(({ name }) => name)
    const ok = failed.length === 0
    context.emit('agent.tested', agentRef(agent), { revision, adapterType, ok, failed, secrets: [...secrets] })
    return { agentId: agent.id, adapterType, revision, ok, checks }
  },
})

function refuseUntestable({ id: agentId, name, status, adapter_type: adapterType }: AgentTable): void {
  if (!isExecuted(adapterType))
    throw ruleViolated(`Engine does not execute ${name} (${adapterType}); there is nothing to try.`, { agentId })
  if (status === 'terminated') throw ruleViolated(`The agent ${name} is terminated; nothing is started for it any more.`, { agentId })
  // What it names would be started before anybody allowed it.
  if (status === 'pending_approval')
    throw ruleViolated(`The hire of ${name} waits for its approval; its configuration can be tried after that.`, { agentId })
}

async function tryAgent(context: PrepareContext, agent: AgentTable): Promise<Tried> {
  const secrets: string[] = []
  const tried = { revision: agent.revision, adapterType: agent.adapter_type, secrets }
  try {
    const opened = await openConfiguration(context, {
      companyId: context.companyId,
      projectId: null,
      agent,
      projectEnv: {},
      secretFields: context.adapters.get(agent.adapter_type).secretFields,
      isBound: true,
      note: async (wanted) => void secrets.push(...wanted.filter(({ outcome }) => outcome === 'success').map(({ name }) => name)),
    })
    return { ...tried, checks: [...(await tryConfiguration(context, agent, opened))] }
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    return { ...tried, checks: [{ name: 'secrets', status: 'failed', message: error.message }] }
  }
}

async function tryConfiguration(context: PrepareContext, agent: AgentTable, opened: OpenedConfiguration): Promise<readonly Check[]> {
  const { adapters, settings } = context
  const { adapter_type: adapterType } = agent
  let config: unknown
  try {
    config = adapters.parseConfig(adapterType, opened.config)
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    return shownChecks([{ name: 'configuration', status: 'failed', message: error.message }], opened.redactor)
  }
  const adapter = adapters.get(adapterType)
  const accepted: Check = { name: 'configuration', status: 'passed', message: `The adapter ${adapterType} accepts it.` }
  if (!adapter.test) return [accepted]
  const over = new AbortController()
  const timeout = AbortSignal.timeout(settings.adapterTestMs)
  try {
    const signal = AbortSignal.any([timeout, over.signal])
    const report = adapter.test({ config, env: opened.env, signal })
    const { checks } = await Promise.race([report, tooLate(settings.adapterTestMs, over.signal)])
    return [accepted, ...shownChecks(checks, opened.redactor)]
  } catch (error) {
    const message = timeout.aborted ? 'It did not end in time.' : `The test of the adapter failed: ${messageOf(error)}`
    return [accepted, ...shownChecks([{ name: 'test', status: 'failed', message }], opened.redactor)]
  } finally {
    over.abort()
  }
}

/** An adapter that does not hear that its time is over must not hold up who asked. */
async function tooLate(afterMs: number, signal: AbortSignal): Promise<AdapterTestReport> {
  await sleep(afterMs, undefined, { signal }).catch(() => undefined)
  return { checks: [{ name: 'time', status: 'failed', message: `It did not end within ${afterMs} ms.` }] }
}
