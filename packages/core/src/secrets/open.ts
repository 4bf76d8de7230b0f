import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { EngineError, ruleViolated } from '../kernel/errors.ts'
import { createRedactor, type NamedValue, type Redactor } from '../kernel/redactor.ts'
import { placeText } from '../kernel/secret-value.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import { findReferences, refuseElsewhere, replaceReferences, type FoundReference } from './references.ts'
import type { AccessOutcome } from './schema.ts'
import { bindingsFor, findSecretByName, findVersion } from './sql.ts'

/** What an adapter is started with, references replaced by values. */
export interface OpenedConfiguration {
  readonly config: unknown
  readonly env: Readonly<Record<string, string>>
  readonly redactor: Redactor
  /** The values in it. */
  readonly secrets: readonly NamedValue[]
}

type Wanted = Pick<FoundReference, 'name' | 'version'>

export interface OpenedSecret extends Wanted {
  readonly outcome: AccessOutcome
  /** Null for a secret that is not there. */
  readonly secretId: string | null
  readonly number: number | null
  /** Null unless the outcome is `success`. */
  readonly value: string | null
  /** What to tell and throw otherwise. */
  readonly error: EngineError | null
}

interface Stores {
  readonly db: Kysely<Database>
  readonly secrets: SecretStore
}

interface Opening {
  readonly companyId: string
  readonly projectId: string | null
  readonly agent: { readonly id: string; readonly adapter_config: string }
  readonly projectEnv: Record<string, unknown>
  /** See AgentAdapter. */
  readonly secretFields: readonly string[] | undefined
  /** False where nothing of the company is bound to a variable. */
  readonly isBound: boolean
  /** See createRedactor. */
  readonly keeps?: ReadonlySet<string>
  /** Told what was wanted before anybody gets a value. */
  note(opened: readonly OpenedSecret[]): Promise<void>
}

/**
 * Opens the secrets that an agent's configuration and its variables name. Reads and opens outside of any transaction.
 * @throws `rule_violated` naming a secret that is missing or disabled, `secrets_unavailable`
 */
export async function openConfiguration(stores: Stores, given: Opening): Promise<OpenedConfiguration> {
  const { agent, companyId, projectId, projectEnv, isBound } = given
  const config: unknown = JSON.parse(agent.adapter_config)
  refuseElsewhere(config, 'adapterConfig', given.secretFields)
  const bound = isBound ? await bindingsInOrder(stores.db, { companyId, projectId, agentId: agent.id }) : []
  const wanted = [...findReferences(config, 'adapterConfig'), ...findReferences(projectEnv, 'env'), ...bound]
  const values = await openAll(stores, given, wanted)
  const valueOf = (reference: Wanted) => values.get(keyOf(reference))?.value ?? ''
  return {
    config: replaceReferences(config, 'adapterConfig', valueOf),
    env: {
      ...Object.fromEntries(bound.map((binding) => [binding.place, valueOf(binding)])),
      // Texts and references, by the schema of projects.
      ...(replaceReferences(projectEnv, 'env', valueOf) as Record<string, string>),
    },
    redactor: createRedactor([...values.values()], given.keeps),
    secrets: [...values.values()],
  }
}

/** What is wanted of a configuration that belongs to no run. */
interface Referring {
  readonly companyId: string
  readonly config: unknown
  /** The members in which secrets may stand; see AgentAdapter. */
  readonly fields: readonly string[] | undefined
  /** Told what was wanted before anybody gets a value. */
  note(opened: readonly OpenedSecret[]): Promise<void>
}

/**
 * Opens the secrets that a configuration names, outside of any transaction.
 * @throws `rule_violated` naming a secret that is missing or disabled, `secrets_unavailable`
 */
export async function openReferences(
  stores: Stores,
  { companyId, config, fields, note }: Referring,
): Promise<Omit<OpenedConfiguration, 'env'>> {
  refuseElsewhere(config, 'config', fields)
  const values = await openAll(stores, { companyId, note }, findReferences(config, 'config'))
  return {
    config: replaceReferences(config, 'config', (reference) => values.get(keyOf(reference))?.value ?? ''),
    redactor: createRedactor([...values.values()]),
    secrets: [...values.values()],
  }
}

/** Those of the company, of the project, of the agent: where one variable is bound twice, the last one counts. */
async function bindingsInOrder(db: Kysely<Database>, given: { companyId: string; projectId: string | null; agentId: string }) {
  const order = [given.companyId, given.projectId, given.agentId]
  const bindings = await bindingsFor(db, given)
  return bindings
    .toSorted((left, right) => order.indexOf(left.target_id) - order.indexOf(right.target_id))
    .map(({ place, name }) => ({ place, name, version: null }))
}

async function openAll(
  stores: Stores,
  { companyId, note }: Pick<Opening, 'companyId' | 'note'>,
  wanted: readonly Wanted[],
): Promise<Map<string, NamedValue>> {
  const distinct = new Map(wanted.map((reference) => [keyOf(reference), reference]))
  const opened = await Promise.all([...distinct.values()].map((reference) => openSecret(stores, companyId, reference)))
  await note(opened)
  const failed = opened.find(({ error }) => error !== null)
  if (failed?.error) throw failed.error
  return new Map(opened.map((one) => [keyOf(one), { name: one.name, value: one.value ?? '' }]))
}

function keyOf({ name, version }: Wanted): string {
  return `${name} ${version ?? 'newest'}`
}

async function openSecret({ db, secrets }: Stores, companyId: string, wanted: Wanted): Promise<OpenedSecret> {
  const { name } = wanted
  const secret = await findSecretByName(db, { companyId, name })
  const number = wanted.version ?? secret?.current_version ?? null
  const unopened = (outcome: AccessOutcome, message: string): OpenedSecret => {
    return { ...wanted, outcome, secretId: secret?.id ?? null, number, value: null, error: ruleViolated(message, { secret: name }) }
  }
  if (!secret || number === null)
    return unopened('missing', `The secret ${name} is not there any more. Create it, or change what names it.`)
  if (secret.status === 'disabled') return unopened('disabled', `The secret ${name} is disabled. Activate it, or change what names it.`)
  const version = await findVersion(db, { companyId, secretId: secret.id, number })
  if (version?.status !== 'active') return unopened('missing', `Version ${number} of the secret ${name} is not there any more.`)
  try {
    const value = await secrets.open(version.sealed, placeText({ companyId, secretId: secret.id, number }))
    if (value !== null) return { ...wanted, outcome: 'success', secretId: secret.id, number, value, error: null }
    return unopened(
      'failed',
      `The secret ${name} can not be opened: this engine has not the key that sealed it, or what is stored was changed.`,
    )
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    // Without a store it would fail again; with one that does not answer it need not.
    const isAbsent = secrets.id === 'none'
    return { ...unopened('failed', error.message), ...(!isAbsent && { error }) }
  }
}

/** What is noted of secrets that were wanted; nothing of those that are not there. Pure. */
export function accessesOf(wanted: readonly OpenedSecret[]) {
  return wanted.flatMap(({ secretId, number, outcome }) => (secretId === null ? [] : [{ secretId, number, outcome }]))
}
