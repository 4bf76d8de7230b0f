import { z } from 'zod'

import { requireAtWork } from '../../agents/change.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { requireProject } from '../../projects/sql.ts'
import { changeSecret, requireSecret, secretRef } from '../change.ts'
import { BindingTarget, EnvironmentName, Secret, SecretUse } from '../schema.ts'
import { usesOf } from '../sql.ts'
import { toSecret, toUse, type SecretUseTable } from '../table.ts'

/** How many variables one agent, project or company may have bound. */
const mostBindings = 100

const input = z.strictObject({
  secretId: Id,
  target: BindingTarget,
  as: EnvironmentName.describe('The variable of the environment in which programs find it.'),
})
const access = { scope: 'secrets:manage', company: 'secret' } as const

export const bind = command({
  title: 'Give a secret to the programs of an agent, a project or the company, as a variable of their environment',
  description:
    'Every run gets its newest value. Where one variable is bound twice, the agent goes before the project and that before the company.',
  input,
  output: SecretUse,
  access,
  http: ['POST', '/secrets/:secretId/bind'],
  async handle(context, { secretId, target, as }) {
    const secret = await requireSecret(context, { secretId })
    const present = await bindingsOf(context, target)
    const held = present.find((use) => use.place === as)
    if (held?.secret_id === secret.id) {
      context.unchanged()
      return toUse(held)
    }
    if (held) throw isTaken(as, held)
    if (secret.status === 'disabled') throw ruleViolated(`The secret ${secret.name} is disabled. Activate it before you bind it.`)
    if (present.length >= mostBindings) throw ruleViolated(`There are ${mostBindings} secrets bound there already; unbind some first.`)
    const row = await newBinding(context, { secretId, target, as })
    await context.tx.insertInto('secret_uses').values(row).execute()
    const next = await changeSecret(context, secret, {})
    context.emit('secret.bound', secretRef(next), about(next.name, row))
    return toUse(row)
  },
})

export const unbind = command({
  title: 'Take a secret back from where it is bound',
  input,
  output: Secret,
  access,
  http: ['POST', '/secrets/:secretId/unbind'],
  async handle(context, { secretId, target, as }) {
    const secret = await requireSecret(context, { secretId })
    const bound = (await bindingsOf(context, target)).find((use) => use.place === as && use.secret_id === secret.id)
    if (!bound) throw ruleViolated(`The secret ${secret.name} is not bound there as ${as}; see where it is used.`, { as })
    await context.tx.deleteFrom('secret_uses').where('company_id', '=', context.companyId).where('id', '=', bound.id).execute()
    const next = await changeSecret(context, secret, {})
    context.emit('secret.unbound', secretRef(next), about(next.name, bound))
    return toSecret(next)
  },
})

/** What is bound to an agent, a project or the company, which must be there. */
async function bindingsOf(context: CommandContext, target: BindingTarget) {
  const { companyId, tx } = context
  const { agentId, projectId } = idsOf(target)
  return usesOf(tx, { companyId, targetId: agentId ?? projectId ?? companyId, kind: 'binding' })
}

async function newBinding(
  context: CommandContext,
  given: { secretId: string; target: BindingTarget; as: string },
): Promise<SecretUseTable> {
  const { companyId } = context
  const { agentId, projectId } = idsOf(given.target)
  if (agentId !== null) await requireAtWork(context, { field: 'target.agentId', agentId })
  if (projectId !== null) await requireProject(context, projectId)
  return {
    id: context.newId(),
    company_id: companyId,
    secret_id: given.secretId,
    kind: 'binding',
    target_id: agentId ?? projectId ?? companyId,
    agent_id: agentId,
    project_id: projectId,
    route_id: null,
    plugin_id: null,
    place: given.as,
    number: null,
    created_at: context.now,
  }
}

function idsOf(target: BindingTarget): { agentId: string | null; projectId: string | null } {
  if (target === 'company') return { agentId: null, projectId: null }
  return 'agentId' in target ? { agentId: target.agentId, projectId: null } : { agentId: null, projectId: target.projectId }
}

function isTaken(as: string, held: SecretUseTable & { name: string }): EngineError {
  return new EngineError(
    kernelErrors.already_exists,
    `The variable ${as} is bound to the secret ${held.name} there. Unbind that one first, or choose another variable.`,
    { details: { as, secretId: held.secret_id, secret: held.name } },
  )
}

function about(name: string, { agent_id, project_id, place }: SecretUseTable) {
  return { name, agentId: agent_id, projectId: project_id, as: place }
}
