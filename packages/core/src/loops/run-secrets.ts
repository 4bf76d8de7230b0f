import type { AgentTable } from '../agents/table.ts'
import { systemActor, type RunActor } from '../kernel/actor.ts'
import { EngineError, ruleViolated } from '../kernel/errors.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createRedactedLog } from '../kernel/redacted-log.ts'
import { createRedactor, type Redactor } from '../kernel/redactor.ts'
import { placeText } from '../kernel/secret-value.ts'
import type { Logger } from '../ports/logger.ts'
import { findProject } from '../projects/sql.ts'
import { findReferences, refuseElsewhere, replaceReferences, type FoundReference } from '../secrets/references.ts'
import type { AccessOutcome } from '../secrets/schema.ts'
import { bindingsFor, findSecretByName, findVersion } from '../secrets/sql.ts'

/** What an adapter is started with, references replaced by values. */
interface RunSecrets {
  readonly config: unknown
  readonly env: Readonly<Record<string, string>>
  readonly redactor: Redactor
}

type Wanted = Pick<FoundReference, 'name' | 'version'>

interface Opened extends Wanted {
  readonly outcome: AccessOutcome
  /** Null for a secret that is not there. */
  readonly secretId: string | null
  readonly number: number | null
  /** Null unless the outcome is `success`. */
  readonly value: string | null
  /** What to tell and throw otherwise. */
  readonly error: EngineError | null
}

/**
 * Opens the secrets that a run needs, after noting that it got them, and puts what blots them out where all that the run says goes
 * through it. Reads and opens outside of any transaction.
 * @throws `rule_violated` naming a secret that is missing or disabled, `secrets_unavailable`
 */
export async function openRunSecrets(
  host: Host,
  actor: RunActor,
  given: { readonly agent: Pick<AgentTable, 'id' | 'adapter_type' | 'adapter_config'>; readonly projectId: string | null },
): Promise<RunSecrets> {
  const { companyId } = actor
  const { agent, projectId } = given
  const project = projectId === null ? null : await findProject(host.db, projectId)
  const projectEnv: Record<string, unknown> = JSON.parse(project?.env ?? '{}')
  const config: unknown = JSON.parse(agent.adapter_config)
  // What was kept before an adapter said so counts as little.
  refuseElsewhere(config, 'adapterConfig', host.adapters.get(agent.adapter_type).secretFields)
  const bound = await bindingsInOrder(host, { companyId, projectId, agentId: agent.id })
  const wanted = [...findReferences(config, 'adapterConfig'), ...findReferences(projectEnv, 'env'), ...bound]
  const values = await openAll(host, actor, { agentId: agent.id, wanted })
  const redactor = createRedactor([...values.values()], new Set([actor.id, companyId, actor.agentId, actor.taskId]))
  if (values.size > 0) host.redactors.set(actor.id, { redactor, log: createRedactedLog(redactor) })
  const valueOf = (reference: Wanted) => values.get(keyOf(reference))?.value ?? ''
  return {
    config: replaceReferences(config, 'adapterConfig', valueOf),
    env: {
      ...Object.fromEntries(bound.map((binding) => [binding.place, valueOf(binding)])),
      // Texts and references, by the schema of projects.
      ...(replaceReferences(projectEnv, 'env', valueOf) as Record<string, string>),
    },
    redactor,
  }
}

/** Those of the company, of the project, of the agent: where one variable is bound twice, the last one counts. */
async function bindingsInOrder(host: Host, given: { companyId: string; projectId: string | null; agentId: string }) {
  const order = [given.companyId, given.projectId, given.agentId]
  const bindings = await bindingsFor(host.db, given)
  return bindings
    .toSorted((left, right) => order.indexOf(left.target_id) - order.indexOf(right.target_id))
    .map(({ place, name }) => ({ place, name, version: null }))
}

async function openAll(
  host: Host,
  actor: RunActor,
  { agentId, wanted }: { agentId: string; wanted: readonly Wanted[] },
): Promise<Map<string, { name: string; value: string }>> {
  const distinct = new Map(wanted.map((reference) => [keyOf(reference), reference]))
  const opened = await Promise.all([...distinct.values()].map((reference) => open(host, actor.companyId, reference)))
  const accesses = opened.flatMap(({ secretId, number, outcome }) => (secretId === null ? [] : [{ secretId, number, outcome }]))
  if (accesses.length > 0) {
    const input = { companyId: actor.companyId, runId: actor.id, agentId, accesses }
    await execute(host, 'secrets.recordAccesses', { input, call: { actor: systemActor } })
  }
  const failed = opened.find(({ error }) => error !== null)
  if (failed?.error) throw failed.error
  return new Map(opened.map((one) => [keyOf(one), { name: one.name, value: one.value ?? '' }]))
}

function keyOf({ name, version }: Wanted): string {
  return `${name} ${version ?? 'newest'}`
}

async function open(host: Host, companyId: string, wanted: Wanted): Promise<Opened> {
  const { name } = wanted
  const secret = await findSecretByName(host.db, { companyId, name })
  const number = wanted.version ?? secret?.current_version ?? null
  const unopened = (outcome: AccessOutcome, message: string): Opened => {
    return { ...wanted, outcome, secretId: secret?.id ?? null, number, value: null, error: ruleViolated(message, { secret: name }) }
  }
  if (!secret || number === null)
    return unopened('missing', `The secret ${name} is not there any more. Create it, or change what names it.`)
  if (secret.status === 'disabled') return unopened('disabled', `The secret ${name} is disabled. Activate it, or change what names it.`)
  const version = await findVersion(host.db, { companyId, secretId: secret.id, number })
  if (version?.status !== 'active') return unopened('missing', `Version ${number} of the secret ${name} is not there any more.`)
  try {
    const value = await host.secrets.open(version.sealed, placeText({ companyId, secretId: secret.id, number }))
    if (value !== null) return { ...wanted, outcome: 'success', secretId: secret.id, number, value, error: null }
    return unopened(
      'failed',
      `The secret ${name} can not be opened: this engine has not the key that sealed it, or what is stored was changed.`,
    )
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    // Without a store it would fail again; with one that does not answer it need not.
    const isAbsent = host.secrets.id === 'none'
    return { ...unopened('failed', error.message), ...(!isAbsent && { error }) }
  }
}

/** A logger through which no value of a run's secrets comes. */
export function redactedLogger(logger: Logger, redactor: Redactor): Logger {
  const through = (level: keyof Logger) => (message: string, fields?: Record<string, unknown>) =>
    // What goes in as an object comes out as one.
    logger[level](redactor.redact(message), redactor.redactAll(fields) as Record<string, unknown> | undefined)
  return { debug: through('debug'), info: through('info'), warn: through('warn'), error: through('error') }
}
