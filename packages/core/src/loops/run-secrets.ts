import type { AgentTable } from '../agents/table.ts'
import { systemActor, type RunActor } from '../kernel/actor.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createRedactedLog } from '../kernel/redacted-log.ts'
import type { Redactor } from '../kernel/redactor.ts'
import type { Logger } from '../ports/logger.ts'
import { findProject } from '../projects/sql.ts'
import { openConfiguration, type OpenedConfiguration, type OpenedSecret } from '../secrets/open.ts'

/**
 * Opens the secrets that a run needs, after noting that it got them, and puts what blots them out where all that the run says goes
 * through it. Reads and opens outside of any transaction.
 * @throws `rule_violated` naming a secret that is missing or disabled, `secrets_unavailable`
 */
export async function openRunSecrets(
  host: Host,
  actor: RunActor,
  given: { readonly agent: Pick<AgentTable, 'id' | 'adapter_type' | 'adapter_config'>; readonly projectId: string | null },
): Promise<OpenedConfiguration> {
  const { agent, projectId } = given
  const project = projectId === null ? null : await findProject(host.db, projectId)
  const opened = await openConfiguration(host, {
    companyId: actor.companyId,
    projectId,
    agent,
    projectEnv: JSON.parse(project?.env ?? '{}'),
    // What was kept before an adapter said so counts as little.
    secretFields: host.adapters.get(agent.adapter_type).secretFields,
    keeps: new Set([actor.id, actor.companyId, actor.agentId, actor.taskId]),
    note: (wanted) => noteAccesses(host, actor, { agentId: agent.id, wanted }),
  })
  if (opened.hasSecrets) host.redactors.set(actor.id, { redactor: opened.redactor, log: createRedactedLog(opened.redactor) })
  return opened
}

async function noteAccesses(host: Host, actor: RunActor, given: { agentId: string; wanted: readonly OpenedSecret[] }): Promise<void> {
  const { agentId, wanted } = given
  const accesses = wanted.flatMap(({ secretId, number, outcome }) => (secretId === null ? [] : [{ secretId, number, outcome }]))
  if (accesses.length === 0) return
  const input = { companyId: actor.companyId, runId: actor.id, agentId, accesses }
  await execute(host, 'secrets.recordAccesses', { input, call: { actor: systemActor } })
}

/** A logger through which no value of a run's secrets comes. */
export function redactedLogger(logger: Logger, redactor: Redactor): Logger {
  const through = (level: keyof Logger) => (message: string, fields?: Record<string, unknown>) =>
    // What goes in as an object comes out as one.
    logger[level](redactor.redact(message), redactor.redactAll(fields) as Record<string, unknown> | undefined)
  return { debug: through('debug'), info: through('info'), warn: through('warn'), error: through('error') }
}
