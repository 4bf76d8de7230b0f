import { assertMay } from '../kernel/authorize.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, notInCompany, ruleViolated } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { secretErrors } from './errors.ts'
import type { FoundReference } from './references.ts'
import { findSecretByName, findVersion, usesOf } from './sql.ts'
import type { SecretTable, SecretUseTable } from './table.ts'

/** Whose configuration it is. */
export type Owner =
  { readonly agentId: string } | { readonly projectId: string } | { readonly routeId: string } | { readonly pluginId: string }

/**
 * Keeps which secrets a configuration names. Who names one that was not named there before needs the right to manage secrets, and
 * the secret must be there to be used; one that is there already may have been disabled meanwhile.
 * @throws `forbidden`, `rule_violated` naming the path
 */
export async function noteReferences(context: CommandContext, owner: Owner, references: readonly FoundReference[]): Promise<void> {
  const { companyId, tx } = context
  const { target_id: targetId, ...columns } = columnsOf(companyId, owner)
  const present = (await usesOf(tx, { companyId, targetId, kind: 'reference' })).filter(
    (use) => use.route_id === columns.route_id && use.plugin_id === columns.plugin_id,
  )
  const added = references.filter((reference) => !present.some((use) => isSame(use, owner, reference)))
  const removed = present.filter((use) => !references.some((reference) => isSame(use, owner, reference)))
  if (added.length > 0) assertMay(context, 'secrets:manage')
  const rows: SecretUseTable[] = []
  for (const reference of added) rows.push(await useOf(context, owner, reference))
  const ids = removed.map(({ id }) => id)
  if (ids.length > 0) await tx.deleteFrom('secret_uses').where('company_id', '=', companyId).where('id', 'in', ids).execute()
  if (rows.length > 0) await tx.insertInto('secret_uses').values(rows).execute()
}

function columnsOf(companyId: string, owner: Owner) {
  const agentId = 'agentId' in owner ? owner.agentId : null
  const projectId = 'projectId' in owner ? owner.projectId : null
  return {
    target_id: agentId ?? projectId ?? companyId,
    agent_id: agentId,
    project_id: projectId,
    route_id: 'routeId' in owner ? owner.routeId : null,
    plugin_id: 'pluginId' in owner ? owner.pluginId : null,
  }
}

/** Routes and plugins are among what a company itself names, each under a place of its own. */
function placeOf(owner: Owner, { path }: FoundReference): string {
  if ('routeId' in owner) return `routes.${owner.routeId}.${path}`
  return 'pluginId' in owner ? `plugins.${owner.pluginId}.${path}` : path
}

function isSame(use: SecretUseTable & { name: string }, owner: Owner, reference: FoundReference): boolean {
  return use.place === placeOf(owner, reference) && use.name === reference.name && use.number === reference.version
}

async function useOf(context: CommandContext, owner: Owner, reference: FoundReference): Promise<SecretUseTable> {
  const secret = await requireUsable(context, reference)
  return {
    id: context.newId(),
    company_id: context.companyId,
    secret_id: secret.id,
    kind: 'reference',
    ...columnsOf(context.companyId, owner),
    place: placeOf(owner, reference),
    number: reference.version,
    created_at: context.now,
  }
}

async function requireUsable(context: CommandContext, { path, name, version }: FoundReference): Promise<SecretTable> {
  const { companyId, tx } = context
  const secret = await findSecretByName(tx, { companyId, name })
  if (!secret) throw notInCompany({ field: path, entity: 'secret', reference: name, advice: 'Create it first.' })
  if (secret.status === 'disabled')
    throw ruleViolated(`${path}: the secret ${name} is disabled. Activate it first.`, { path, secret: name })
  if (version === null) return secret
  const found = await findVersion(tx, { companyId, secretId: secret.id, number: version })
  if (found?.status === 'active') return secret
  const problem = found ? 'was destroyed' : 'is not there'
  throw ruleViolated(`${path}: version ${version} of the secret ${name} ${problem}; the newest is ${secret.current_version}.`, {
    path,
    secret: name,
    version,
  })
}

/** Why a secret, or one of its versions, stays as it is. */
export function inUse(what: string, uses: readonly SecretUseTable[]): EngineError {
  const places = uses.map(({ kind, agent_id, project_id, route_id, plugin_id, place }): JsonObject => {
    return { kind, place, agentId: agent_id, projectId: project_id, routeId: route_id, pluginId: plugin_id }
  })
  const words = uses.map((use) => `${use.place} of ${ownerOf(use)}`)
  return new EngineError(secretErrors.secret_in_use, `${what} is used in ${words.join(', ')}. Take it out of there first.`, {
    details: { uses: places },
  })
}

function ownerOf({ agent_id, project_id, route_id, plugin_id }: SecretUseTable): string {
  if (plugin_id !== null) return `plugin ${plugin_id}`
  if (route_id !== null) return `route ${route_id}`
  if (agent_id !== null) return `agent ${agent_id}`
  return project_id === null ? 'the whole company' : `project ${project_id}`
}
