import { z } from 'zod'

import { requireAgent } from '../agents/change.ts'
import { assertMay } from '../kernel/authorize.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { findOwnMembership } from '../members/sql.ts'
import { issueKey, revokeKey } from './issue.ts'
import { Key, KeyInput, NewKey } from './schema.ts'
import { findKey } from './sql.ts'
import { toKey, type KeyTable } from './table.ts'

export const create = command({
  title: 'Make a key for an agent',
  description: 'With it the agent acts from outside: it checks tasks out and gets a run, whose credential it works with.',
  input: z.strictObject({ agentId: Id, ...KeyInput }),
  output: NewKey,
  access: { scope: 'keys:manage', company: 'agent' },
  http: ['POST', '/agents/:agentId/keys'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  async handle(context, input) {
    const agent = await requireAgent(context, input.agentId)
    if (agent.status === 'terminated') throw ruleViolated(`The agent ${agent.name} is terminated; a key for it would open nothing.`)
    return issueKey(context, { kind: 'agent', agentId: agent.id }, input)
  },
})

export const createOwn = command({
  title: 'Make a key for yourself',
  description: 'It acts for your membership in this company, with the role that you have there at each call, and nowhere else.',
  input: z.strictObject({ companyId: Id, ...KeyInput }),
  output: NewKey,
  access: { scope: 'keys:own', company: 'company' },
  http: ['POST', '/companies/:companyId/keys'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  async handle(context, input) {
    const member = await findOwnMembership(context.tx, context)
    if (member?.status !== 'active') {
      throw ruleViolated('You are no member of this company, so there is nobody whom a key of yours could act for. Ask to be added.')
    }
    return issueKey(context, { kind: 'user', memberId: member.id }, input)
  },
})

export const revoke = command({
  title: 'Revoke a key',
  description: 'From then on it is refused everywhere. Your own, or any as an admin.',
  input: z.strictObject({ keyId: Id }),
  output: Key,
  access: { scope: 'keys:own', company: 'key' },
  http: ['POST', '/keys/:keyId/revoke'],
  whenArchived: 'rights can be taken away at any time',
  async handle(context, input) {
    const key = await findKey(context.tx, input.keyId)
    if (!key) throw notFound('key', input.keyId)
    await assertOwnOrManager(context, key)
    if (key.revoked_at === null) return toKey(await revokeKey(context, key, 'revoked'))
    context.unchanged()
    return toKey(key)
  },
})

async function assertOwnOrManager(context: CommandContext, key: KeyTable): Promise<void> {
  const own = await findOwnMembership(context.tx, context)
  if (own === null || key.member_id !== own.id) assertMay(context, 'keys:manage')
}
