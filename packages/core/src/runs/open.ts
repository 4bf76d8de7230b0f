import type { RunActor } from '../kernel/actor.ts'
import type { Allowance } from '../budgets/allowance.ts'
import { readAllowance } from '../budgets/run-holds.ts'
import type { PrepareContext } from '../kernel/command.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { RunContext } from '../ports/run-contract.ts'
import { accessesOf, openConfiguration, type OpenedConfiguration, type OpenedSecret } from '../secrets/open.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import { readRunContext, type RunContextReader } from './context.ts'
import { readSession } from './session.ts'

/** What the execution of a run begins with. */
export interface OpenedRun extends OpenedConfiguration {
  readonly context: RunContext
  readonly adapterType: string
  /** What the last run of this agent for this task left. */
  readonly session: JsonObject | null
  /** What hard budgets allow it; null when none is over it. */
  readonly allowance: Allowance | null
}

/** What opening a run needs of an engine. */
export interface RunOpener extends RunContextReader, Pick<PrepareContext, 'secrets' | 'perform' | 'adapters'> {
  readonly settings: EngineSettings
}

/**
 * Reads what a claimed run is to know, and opens the secrets that it needs, after noting that it got them. Outside of any
 * transaction. @throws `lease_lost`, `rule_violated` naming a secret that is missing or disabled, `secrets_unavailable`
 */
export async function openRun(opener: RunOpener, actor: RunActor, nowMs: number): Promise<OpenedRun> {
  const { db, settings } = opener
  const { context, beginning } = await readRunContext(opener, actor)
  const { run, agent, task, projectEnv, hasSession, hasSecrets } = beginning
  const [opened, session, allowance] = await Promise.all([
    openConfiguration(opener, {
      companyId: actor.companyId,
      projectId: task.project_id,
      agent,
      projectEnv: JSON.parse(projectEnv),
      // What was kept before an adapter said so counts as little.
      secretFields: opener.adapters.get(agent.adapter_type).secretFields,
      isBound: hasSecrets,
      keeps: idsOf(actor),
      note: (wanted) => noteAccesses(opener, actor, { agentId: agent.id, wanted }),
    }),
    hasSession ? readSession(db, { agent, taskId: actor.taskId, limits: settings, nowMs }) : null,
    run.is_budgeted === 1 ? readAllowance(db, actor) : null,
  ])
  const told = allowance === null ? context : { ...context, budget: budgetOf(allowance) }
  return { ...opened, context: told, adapterType: agent.adapter_type, session, allowance }
}

/** What a run is told of its limits. */
function budgetOf({ costMicros, tokens, wallMs }: Allowance): RunContext['budget'] {
  return { costMicros, tokens, wallMs }
}

/** What is no secret in a run, even where a short one stands in it by chance. */
export function idsOf({ id, companyId, agentId, taskId }: RunActor): ReadonlySet<string> {
  return new Set([id, companyId, agentId, taskId])
}

async function noteAccesses(
  opener: Pick<RunOpener, 'perform'>,
  actor: RunActor,
  given: { agentId: string; wanted: readonly OpenedSecret[] },
): Promise<void> {
  const { agentId, wanted } = given
  const accesses = accessesOf(wanted)
  if (accesses.length === 0) return
  await opener.perform('secrets.recordAccesses', { companyId: actor.companyId, runId: actor.id, agentId, accesses })
}
