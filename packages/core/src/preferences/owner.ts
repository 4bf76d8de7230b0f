import type { Kysely } from 'kysely'

import { findAgent } from '../agents/sql.ts'
import type { Database } from '../database/tables.ts'
import type { Actor } from '../kernel/actor.ts'
import { assertMay, forbidden } from '../kernel/authorize.ts'
import { EngineError, kernelErrors, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { findProject } from '../projects/sql.ts'
import { findTask } from '../tasks/sql.ts'
import type { PreferenceScope } from './schema.ts'

interface Asking {
  readonly actor: Actor
  readonly companyId: string
}

/** @throws `forbidden`: a person changes what they prefer themselves; operators what is preferred for tasks; admins the rest */
export function assertMaySet(asking: Asking, { scope, scopeId }: { scope: PreferenceScope; scopeId: string }): void {
  if (scope !== 'user') return assertMay(asking, scope === 'task' ? 'tasks:plan' : 'preferences:manage')
  const { actor } = asking
  if (actor.kind === 'system' || (actor.kind === 'user' && actor.id === scopeId)) return
  if (actor.kind !== 'user') throw forbidden(actor, 'preferences:own')
  throw new EngineError(
    kernelErrors.forbidden,
    `What a person prefers is only theirs to say: you are ${actor.id}, this is of ${scopeId}. For everybody, set it for the company.`,
    { details: { scope: 'user', scopeId } },
  )
}

interface Named {
  readonly scope: PreferenceScope
  readonly scopeId?: string | undefined
}

/** The id that a scope without one means: the company itself, or the person who calls. @throws `invalid_input` where there is none */
export function ownerId({ actor, companyId }: Asking, { scope, scopeId }: Named): string {
  if (scope === 'company') {
    if (scopeId === undefined || scopeId === companyId) return companyId
    throw ruleViolated('scopeId: the preferences of a company are of this one; leave it out.', { scopeId })
  }
  const own = scope === 'user' && actor.kind === 'user' ? actor.id : undefined
  if (scopeId !== undefined) return scopeId
  if (own !== undefined) return own
  const message = `Say in scopeId which ${scope} it is.`
  throw new EngineError(kernelErrors.invalid_input, message, { details: { errors: [{ path: 'scopeId', message }] } })
}

/** The id of the thing that a caller names, which is there and of this company. @throws `rule_violated` */
export async function requireOwner(
  db: Kysely<Database>,
  { companyId, scope, scopeId }: { companyId: string; scope: PreferenceScope; scopeId: string },
): Promise<string> {
  if (scope === 'company' || scope === 'user') return scopeId
  const found = await findOwner(db, { scope, scopeId })
  if (found?.company_id === companyId) return found.id
  throw notInCompany({ field: 'scopeId', entity: scope, reference: scopeId })
}

/** What a caller names, a task also by its identifier; of whatever company. */
export async function findOwner(
  db: Kysely<Database>,
  { scope, scopeId }: { scope: 'project' | 'agent' | 'task'; scopeId: string },
): Promise<{ id: string; company_id: string } | null> {
  if (scope === 'task') return findTask(db, scopeId)
  const id = Id.safeParse(scopeId).data
  if (id === undefined) return null
  return scope === 'project' ? findProject(db, id) : findAgent(db, id)
}
