import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { Actor } from './actor.ts'
import { decide, forbidden } from './authorize.ts'
import type { Call } from './call.ts'
import { isNameless, type AnyDefinition } from './command.ts'
import { notFound, withoutCredential } from './errors.ts'
import type { Host } from './host.ts'
import type { Location } from './locate.ts'

/** A call of an operation, its input parsed. */
export interface Asked<Definition extends AnyDefinition = AnyDefinition> {
  readonly name: string
  readonly definition: Definition
  readonly input: Record<string, unknown>
  readonly call: Call
}

/** The same, of an actor who may make it. */
export interface Admitted<Definition extends AnyDefinition = AnyDefinition> extends Asked<Definition> {
  readonly companyId: string
  /** What it is about; null for a call that names nothing. */
  readonly target: Location | null
}

/** Finds whose the thing is that is asked for, and decides whether the actor may. @throws as `findAllowed` does */
export async function admit<Definition extends AnyDefinition>(host: Host, asked: Asked<Definition>): Promise<Admitted<Definition>> {
  const { input } = asked
  const { actor } = asked.call
  const { scope, company } = asked.definition.access
  if (company === 'new' || company === 'visible' || company === 'installation') {
    if (decide(actor, { scope, companyId: null, target: null }) !== 'allowed') throw forbidden(actor, scope, 'installation')
    return { ...asked, companyId: company === 'new' ? host.newId() : '', target: null }
  }
  if (company === 'actor') {
    if (!('companyId' in actor) || decide(actor, { scope, companyId: actor.companyId, target: null }) !== 'allowed')
      throw forbidden(actor, scope)
    return { ...asked, companyId: actor.companyId, target: null }
  }
  const { parameter, target } = await findAllowed(host, asked, host.db)
  return { ...asked, input: { ...input, [parameter]: target.id }, companyId: target.companyId, target }
}

/** Finds what a call is about. @throws `not_found`, also for another company's; `forbidden` */
export async function findAllowed(host: Pick<Host, 'registry'>, { definition, input, call }: Asked, db: Kysely<Database>) {
  const { access } = definition
  const { scope, company } = access
  if (isNameless(company)) throw new Error(`a call about the company "${company}" names none`)
  const { actor } = call
  const { parameter, locate } = host.registry.entity(company)
  const reference = String(input[parameter])
  const target = ownRun(actor, { company, reference }) ?? (await locate(db, reference))
  // Whoever brings its credential need not be of its company; and what is no token may be nearly one, so it is not repeated.
  const isLetIn = access.carriesCredential === true && decide(actor, { scope, companyId: null, target }) === 'allowed'
  const decision = isLetIn ? 'allowed' : target && decide(actor, { scope, companyId: target.companyId, target })
  if (!target || decision === 'missing') throw access.carriesCredential ? withoutCredential(company) : notFound(company, reference)
  if (decision === 'denied') throw forbidden(actor, scope)
  return { parameter, target }
}

/** Where a run is that speaks of itself: its credential told us. */
function ownRun(actor: Actor, { company, reference }: { company: string; reference: string }): Location | null {
  return actor.kind === 'run' && company === 'run' && reference === actor.id ? actor : null
}
