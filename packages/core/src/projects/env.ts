import type { Actor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { decide, forbidden } from '../kernel/authorize.ts'
import { findReferences } from '../secrets/references.ts'
import { noteReferences } from '../secrets/uses.ts'

const scope = 'agents:manage'

/** An environment is configuration that programs run with, and may hold what others should not know: it is for those who configure agents. */
export function showsEnv(context: { actor: Actor; companyId: string }): boolean {
  return decide(context.actor, { scope, companyId: context.companyId, target: null }) === 'allowed'
}

/** @throws `forbidden` for an environment from somebody who may not see one */
export function refuseEnv(context: { actor: Actor; companyId: string }, env: object | undefined): void {
  if (env !== undefined && !showsEnv(context)) throw forbidden(context.actor, scope)
}

/** Keeps which secrets a project's environment names. @throws `forbidden`, `rule_violated` as `noteReferences` */
export async function noteSecretsOfEnv(context: CommandContext, project: { id: string }, env: object | undefined): Promise<void> {
  if (env !== undefined) await noteReferences(context, { projectId: project.id }, findReferences(env, 'env'))
}
