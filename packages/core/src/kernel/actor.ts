import type { Role, Scope } from './permissions.ts'

/** The embedding code and Engine's own loops: may do everything, is named in every event. */
export interface SystemActor {
  readonly kind: 'system'
  readonly id: string
}

/** A person, already authenticated by the host. `roles` maps a company id to the role there; `*` stands for every company. */
export interface UserActor {
  readonly kind: 'user'
  readonly id: string
  readonly roles: Readonly<Record<string, Role>>
  /** What a key limits its holder to; left out, nothing. */
  readonly scopes?: readonly Scope[]
  /** The session that they logged in to; left out for who comes with a key, and for people whom only the host knows. */
  readonly sessionId?: string
}

/** An agent acting with its own key, outside any run. */
export interface AgentActor {
  readonly kind: 'agent'
  readonly id: string
  readonly companyId: string
  /** What a key limits its holder to; left out, nothing. */
  readonly scopes?: readonly Scope[]
}

/** An agent acting inside one run, by that run's credential. Its writes hold only while the run holds its lease. */
export interface RunActor {
  readonly kind: 'run'
  readonly id: string
  readonly companyId: string
  readonly agentId: string
  readonly taskId: string
  readonly fence: number
}

/** A machine that executes runs without the database. Of no company: what it does in one, it does by the credentials of its runs. */
export interface NodeActor {
  readonly kind: 'node'
  /** Of its row among the workers. */
  readonly id: string
}

export type Actor = SystemActor | UserActor | AgentActor | RunActor | NodeActor

export const systemActor: SystemActor = { kind: 'system', id: 'system' }

/** Who stands in an event: a run is shown as its agent, with the run beside it. */
export function eventActor(actor: Actor): { kind: 'system' | 'user' | 'agent'; id: string; runId: string | null } {
  if (actor.kind === 'run') return { kind: 'agent', id: actor.agentId, runId: actor.id }
  // A node makes no entry in any company; what is done for it there, Engine does.
  return { kind: actor.kind === 'node' ? 'system' : actor.kind, id: actor.id, runId: null }
}
