import type { Actor, AgentActor, RunActor, UserActor } from './actor.ts'
import { isNameless, type AnyDefinition } from './command.ts'
import { EngineError, kernelErrors } from './errors.ts'
import type { Location } from './locate.ts'
import { permissions, roleReaches, type Permission, type Role, type Scope } from './permissions.ts'

/** What is being asked for, once the company is known. */
export interface Request {
  readonly scope: Scope
  /** Null when the call founds a company or looks over all visible ones. */
  readonly companyId: string | null
  readonly target: Location | null
}

/**
 * Decides whether an actor may make a call. Pure: everything it needs is in its arguments.
 * @returns `missing` for another company's things, so that their existence cannot be told from their absence.
 */
export function decide(actor: Actor, request: Request): 'allowed' | 'missing' | 'denied' {
  const permission: Permission = permissions[request.scope]
  if (actor.kind === 'system') return 'allowed'
  if (actor.kind === 'node') return decideNode(request, permission)
  const decision = actor.kind === 'user' ? decideUser(actor, request, permission) : decideAgent(actor, request, permission)
  return decision === 'allowed' && !isInScope(actor, request.scope) ? 'denied' : decision
}

function isInScope(actor: UserActor | AgentActor | RunActor, scope: Scope): boolean {
  return !('scopes' in actor) || actor.scopes === undefined || actor.scopes.includes(scope)
}

/** A node is of no company, so nothing of any is there for it. */
function decideNode({ companyId }: Request, permission: Permission): 'allowed' | 'missing' | 'denied' {
  if (companyId !== null) return 'missing'
  return permission.node === 'yes' ? 'allowed' : 'denied'
}

function decideAgent(actor: AgentActor | RunActor, request: Request, permission: Permission): 'allowed' | 'missing' | 'denied' {
  if (request.companyId === null) return permission[actor.kind] === 'yes' ? 'allowed' : 'denied'
  if (actor.companyId !== request.companyId) return 'missing'
  const rule = permission[actor.kind]
  if (rule === 'own') return ownsTarget(actor, request) ? 'allowed' : 'denied'
  return rule === 'yes' ? 'allowed' : 'denied'
}

function decideUser(actor: UserActor, request: Request, permission: Permission): 'allowed' | 'missing' | 'denied' {
  if (request.companyId === null) return permission.user === 'viewer' || isEverywhere(actor, permission) ? 'allowed' : 'denied'
  const role = roleIn(actor, request.companyId)
  if (!role) return 'missing'
  return permission.user !== 'never' && roleReaches(role, permission.user) ? 'allowed' : 'denied'
}

/** What a person is in a company; null for a stranger. */
export function roleIn(actor: UserActor, companyId: string): Role | null {
  return actor.roles[companyId] ?? actor.roles['*'] ?? null
}

function isEverywhere(actor: UserActor, permission: Permission): boolean {
  const role = actor.roles['*']
  return role !== undefined && permission.user !== 'never' && roleReaches(role, permission.user)
}

function ownsTarget(actor: AgentActor | RunActor, { scope, target }: Request): boolean {
  if (!target) return false
  if (actor.kind === 'agent') return target.agentId === actor.id
  return scope === 'runs:work' ? target.id === actor.id : target.taskId === actor.taskId
}

/** The companies that an actor may see, or `all`. */
export function visibleCompanies(actor: Actor): readonly string[] | 'all' {
  if (actor.kind === 'system') return 'all'
  if (actor.kind === 'user') return '*' in actor.roles ? 'all' : Object.keys(actor.roles)
  if (actor.kind === 'node') return []
  return [actor.companyId]
}

/** The companies in which an actor may make a call of this scope, whatever it is about; null when that depends on more. */
export function reachOf(actor: Actor, scope: Scope): readonly string[] | 'all' | null {
  const permission: Permission = permissions[scope]
  if (actor.kind === 'system') return 'all'
  if (actor.kind === 'node') return []
  if (!isInScope(actor, scope)) return []
  if (actor.kind !== 'user') return permission[actor.kind] === 'yes' ? [actor.companyId] : null
  const least = permission.user
  const reaching = Object.entries(actor.roles).filter(([, role]) => least !== 'never' && roleReaches(role, least))
  if (!('*' in actor.roles)) return reaching.map(([companyId]) => companyId)
  // A role for one company takes the place of the one for all: only when every role reaches is it simply all.
  return reaching.length === Object.keys(actor.roles).length ? 'all' : null
}

/** Whether there is anything that an actor may make a call of this access about; what it is about decides the rest. */
export function mayEver(actor: Actor, { scope, company }: AnyDefinition['access']): boolean {
  const permission: Permission = permissions[scope]
  const elsewhere = company === 'actor' && 'companyId' in actor ? actor.companyId : null
  if (company === 'actor' && elsewhere === null) return false
  if (isNameless(company)) return decide(actor, { scope, companyId: elsewhere, target: null }) === 'allowed'
  if (actor.kind === 'system') return true
  if (actor.kind === 'node' || !isInScope(actor, scope)) return false
  if (actor.kind !== 'user') return permission[actor.kind] !== 'never'
  const least = permission.user
  return Object.values(actor.roles).some((role) => least !== 'never' && roleReaches(role, least))
}

/** The same in one company, and for calls about none; what a call is about may still refuse it. */
export function mayEverIn({ actor, companyId }: Asking, access: AnyDefinition['access']): boolean {
  if (actor.kind !== 'user' || isNameless(access.company)) return mayEver(actor, access)
  return decide(actor, { scope: access.scope, companyId, target: null }) === 'allowed'
}

/** The least role in one company that may make a call of this access, or that none is enough. */
export function leastRole({ scope, company }: AnyDefinition['access']): Role | 'none' {
  const least: Permission['user'] = permissions[scope].user
  return least === 'never' || isNameless(company) ? 'none' : least
}

/** Who asks in which company, inside a call that is allowed already. */
interface Asking {
  readonly actor: Actor
  readonly companyId: string
}

/** Whether the actor of a call may do more in its company than the call needs. */
export function may({ actor, companyId }: Asking, scope: Scope): boolean {
  return decide(actor, { scope, companyId, target: null }) === 'allowed'
}

/** @throws `forbidden` */
export function assertMay(asking: Asking, scope: Scope): void {
  if (!may(asking, scope)) throw forbidden(asking.actor, scope)
}

const everywhere = ' in all companies, as owners of the installation have; a key is of one company'

/** @param reach what the call is about: one company, or what is of none, for which a role in one is not enough */
export function forbidden(actor: Actor, scope: Scope, reach: 'company' | 'installation' = 'company'): EngineError {
  if (actor.kind !== 'system' && actor.kind !== 'node' && !isInScope(actor, scope)) {
    return new EngineError(kernelErrors.forbidden, `This key is limited and lacks the scope ${scope}. Use one that has it.`, {
      details: { scope },
    })
  }
  const { user, agent, run, node }: Permission = permissions[scope]
  const who = { run: 'A run', agent: 'An agent', node: 'A node', user: `The user ${actor.id}`, system: 'Engine' }[actor.kind]
  const allowed = [
    user === 'never' ? null : `people with the role ${user} or above${reach === 'company' ? '' : everywhere}`,
    agent === 'never' ? null : agent === 'own' ? 'agents, for their own' : 'agents',
    run === 'never' ? null : run === 'own' ? 'a run, for its own task' : 'runs',
    node === 'yes' ? 'nodes, by what they got when they registered' : null,
  ].filter((part) => part !== null)
  const advice = allowed.length === 0 ? 'Only Engine itself may.' : `Allowed: ${allowed.join('; ')}.`
  return new EngineError(kernelErrors.forbidden, `${who} may not do this here (scope ${scope}). ${advice}`, { details: { scope, allowed } })
}

export function leaseLost(actor: RunActor): EngineError {
  return new EngineError(
    kernelErrors.lease_lost,
    `Run ${actor.id} no longer holds its task (fence ${actor.fence}); nothing was changed. Stop working on it.`,
    {
      details: { runId: actor.id, taskId: actor.taskId, fence: actor.fence },
    },
  )
}
